// Walks through the pages in Chromium as each role, on a phone and on a desk, in both
// languages, and lets axe-core look at every page that links lead to. What is wrong is
// printed, one line each, and the program ends with 1.
import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const { base, browser: executablePath, campaign, people, folder, entry } = JSON.parse(process.env.WALK);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// in a drawing there is room for a number and a letter; the name says both in words
const inDrawings = { rules: [{ id: "label-content-name-mismatch", selector: "a[href]:not(svg a), button" }] };
const home = `/c/${campaign}`;
const [standing, lying] = ["210×297", "297×210"];
const prints = [["?lang=vi&as_of=2021-07-12", lying, 2], ["/map?lang=vi", standing, 3], [`/u/${entry.unit}?lang=vi`, standing, 3], ["/rules?lang=vi", standing, 6], ["/result?lang=vi", standing, 3], ["/console?lang=vi", lying, 3]];
const wrong = [];
let looked = 0;

/** Addresses that differ in a code, a day or a page alone are one kind of page. */
function kindOf(address) {
  const url = new URL(address, base);
  const path = url.pathname.split("/").map((part) => (/\d/.test(part) && part !== campaign ? "*" : part)).join("/");
  const same = ["lang", "kind", "track", "as_of", "day", "date"];
  const names = [...url.searchParams.keys()].filter((name) => !same.includes(name)).sort();
  return names.length > 0 ? `${path}?${names.join("&")}` : path;
}

/** Whether a link leads to a page, and not to a file or out of the language that is walked in. */
function isPage(address, lang) {
  const url = new URL(address, base);
  const others = ["/api/", "/docs", "/assets", "/openapi", "/.well-known", "/sign-out"];
  const asked = url.searchParams.get("lang");
  const isFile = /\.(csv|css|svg|png|json|geojson|js)$|\/files\/|\/proof$/.test(url.pathname);
  return url.origin === base && !isFile && !others.some((other) => url.pathname.startsWith(other)) && (asked === null || asked === lang);
}

async function look(page, where) {
  looked += 1;
  const found = await page.evaluate(async (configuration) => {
    axe.configure(configuration);
    const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    const root = document.scrollingElement;
    const moved = await new Promise((done) => {
      let sum = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => { sum += entry.value; })).observe({ type: "layout-shift", buffered: true });
      setTimeout(() => done(sum), 50);
    });
    const outside = () => {
      const all = [...document.querySelectorAll("main *, header *")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".scroll"));
      return all.slice(0, 3).map((e) => `${e.tagName}.${e.className}`).join(", ");
    };
    return {
      violations: violations.map((v) => `${v.id}: ${v.nodes.length} × ${v.nodes[0].target.join(" ")}: ${v.nodes[0].failureSummary.replace(/\s+/g, " ")}`),
      tooWide: root.scrollWidth > root.clientWidth ? `${root.scrollWidth} of ${root.clientWidth} px by ${outside()}` : null,
      moved,
      heads: document.querySelectorAll("h1").length,
      lang: document.documentElement.lang,
    };
  }, inDrawings);
  for (const violation of found.violations) wrong.push(`${where}: ${violation}`);
  if (found.tooWide) wrong.push(`${where}: scrolls sideways, ${found.tooWide}`);
  // a page is drawn while it arrives: on a slow machine what stands at the right of a line makes room for what comes
  // after it, by 0.002 to 0.005; a notice that pushes the board down is ten times that, and 0.1 is still called good
  if (found.moved > 0.02) wrong.push(`${where}: moves while it is drawn, by ${found.moved}`);
  if (found.heads !== 1) wrong.push(`${where}: ${found.heads} h1`);
  return found;
}

/** Signs in with the keyboard alone. */
async function signIn(page, [name, password], lang) {
  await page.goto(`${base}/sign-in?lang=${lang}&next=${encodeURIComponent(`${home}?lang=${lang}`)}`);
  const field = page.locator("input[name=username]");
  for (let at = 0; at < 30 && !(await field.evaluate((e) => e === document.activeElement)); at += 1) await page.keyboard.press("Tab");
  await page.keyboard.type(name);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**${home}**`);
}

async function walk(browser, role, lang, width, colorScheme = "light") {
  const who = `${role} ${lang} ${width} ${colorScheme}`;
  const context = await browser.newContext({ viewport: { width, height: 800 }, locale: lang, colorScheme });
  const page = await context.newPage();
  page.on("pageerror", (error) => wrong.push(`${who} ${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("404")) wrong.push(`${who} ${page.url()}: ${message.text()}`);
  });
  // axe comes by the debugger, past the policy that lets no other script run
  await page.addInitScript({ content: axe });
  if (people[role]) await signIn(page, people[role], lang);
  const queue = [`/?lang=${lang}`, `${home}?lang=${lang}`];
  const seen = new Set();
  while (queue.length > 0 && seen.size < 60) {
    const address = queue.shift();
    const kind = kindOf(address);
    if (seen.has(kind)) continue;
    seen.add(kind);
    const answer = await page.goto(new URL(address, base).href);
    if (!answer.ok()) {
      wrong.push(`${who} ${address}: ${answer.status()}`);
      continue;
    }
    const found = await look(page, `${who} ${address}`);
    if (found.lang !== lang) wrong.push(`${who} ${address}: is in ${found.lang}`);
    const name = kind.replace(/[^a-z0-9-]+/gi, "_");
    if (folder && (await page.title())) {
      await page.screenshot({ path: join(folder, `${role}-${lang}-${width}-${colorScheme}${name}.png`), fullPage: true });
    }
    const links = await page.$$eval("a[href]", (all) => all.map((a) => new URL(a.getAttribute("href"), document.baseURI).href.split("#")[0]));
    queue.push(...links.filter((link) => isPage(link, lang) && !seen.has(kindOf(link))));
  }
  console.log(`${who}: ${[...seen].join(" ")}`);
  await context.close();
}

/** A reporter enters a day with the keyboard alone, with scripts and without. */
async function enter(browser, javaScriptEnabled, cases) {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled });
  const page = await context.newPage();
  await signIn(page, people.reporter, "vi");
  await page.goto(`${base}${home}/enter?unit=${entry.unit}&day=${entry.day}&lang=vi`);
  const field = page.locator("input[name=community_f0]");
  await field.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type(String(cases));
  const reason = page.locator("[name=reason]").first();
  if (await reason.count()) {
    await page.evaluate(() => {}).catch(() => {});
    await reason.evaluate((e) => e.closest("details")?.setAttribute("open", "")).catch(() => {});
    await reason.focus();
    await page.keyboard.type("đính chính");
  }
  await field.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**sent=recorded**").catch(() => {});
  const said = await page.locator("main").innerText();
  if (!said.includes(`Đã ghi ${cases} ca`)) wrong.push(`entry, scripts ${javaScriptEnabled}: no receipt in: ${said.slice(0, 400)}`);
  await context.close();
}

/** Fills fields in and presses a button, with the keyboard alone; where that leads. */
async function fill(page, form, fields) {
  for (const [name, value] of fields) {
    const field = form.locator(`[name="${name}"]`);
    await field.focus();
    if ((await field.evaluate((e) => e.tagName)) === "SELECT") await field.selectOption(value);
    else await page.keyboard.type(value);
  }
  await form.locator("button").first().focus();
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
}

/** What each role is there for, on a phone and on a desk, each in another language. */
async function work(browser, lang, width) {
  const who = (role) => `${role} at work, ${lang} ${width}`;
  const vi = lang === "vi";
  const as = async (role, path) => {
    const context = await browser.newContext({ viewport: { width, height: 800 }, acceptDownloads: true });
    const page = await context.newPage();
    if (people[role]) await signIn(page, people[role], lang);
    await page.goto(`${base}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`);
    return page;
  };
  const says = async (page, role, words) => {
    if (!(await page.locator("main").innerText()).includes(words)) wrong.push(`${who(role)}: not "${words}" at ${page.url()}`);
  };
  // the public finds a ward and why it stands there
  let page = await as("public", home);
  const link = page.locator("th.unit a").first();
  await link.focus();
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  await says(page, "public", vi ? "Vì sao" : "Why");
  await page.context().close();
  // the council answers a flag, freezes the boards and thaws them
  page = await as("council", `${home}/console/flags`);
  await fill(page, page.locator("form.do:has(select)").first(), [["verdict", "as_reported"], ["answer", "đã gọi điện"]]);
  await says(page, "council", vi ? "cảnh báo đã đóng" : "the flag is closed");
  await page.goto(`${base}${home}/result?lang=${lang}`);
  await fill(page, page.locator('form[action*="/freeze"]'), [["reason", "họp"]]);
  await says(page, "council", vi ? "Công chúng đang xem bản tạm khóa." : "The public sees a frozen board.");
  await fill(page, page.locator('form[action*="/thaw"]'), [["reason", "họp xong"]]);
  await says(page, "council", vi ? "Công chúng đang xem bảng đang chạy." : "The public sees the campaign as it stands.");
  await page.context().close();
  // the committee takes the ranking with it
  page = await as("committee", `${home}/result`);
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator('a[href*="format=xlsx"]').first().press("Enter")]);
  if (!file.suggestedFilename().endsWith(".xlsx")) wrong.push(`${who("committee")}: ${file.suggestedFilename()}`);
  await page.context().close();
  // the auditor looks for one kind of entry and checks the chain
  page = await as("auditor", `${home}/log`);
  await fill(page, page.locator("form.filters"), [["action", "flag"]]);
  await Promise.all([page.waitForNavigation(), page.locator('a[href*="check=1"]').press("Enter")]);
  await says(page, "auditor", vi ? "chuỗi nhật ký liền mạch" : "the chain holds");
  await page.context().close();
  // the administrator makes an account and is told its code
  page = await as("admin", "/accounts");
  const account = [["username", `new-${lang}`], ["display_name", "Phường 07"], ["role", "reporter"], ["campaign", campaign], ["unit", entry.unit]];
  await fill(page, page.locator('form:has([name="display_name"])'), account);
  await says(page, "admin", `new-${lang}`);
  await page.context().close();
}

/** A figure that is sent on a dead line is kept, said so, and recorded once when the line is back. */
async function sendOffline(browser, cases) {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
  let page = await context.newPage();
  await signIn(page, people.reporter, "vi");
  const address = `${base}${home}/enter?unit=${entry.unit}&day=${entry.day}&lang=vi`;
  await page.goto(address);
  await context.setOffline(true);
  await page.fill("input[name=community_f0]", String(cases));
  await page.press("input[name=community_f0]", "Enter");
  const said = page.locator(".net");
  await said.filter({ hasText: "Mất mạng" }).waitFor();
  // the phone is switched off before the line is back, or this page would send it: the form comes back with what waits
  await page.close();
  await context.setOffline(false);
  page = await context.newPage();
  await page.goto(address);
  await page.waitForURL("**sent=recorded**");
  const words = await page.locator("main").innerText();
  if (!words.includes(`Đã ghi ${cases} ca`)) wrong.push(`offline: no receipt in ${words.slice(0, 300)}`);
  const kept = await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("greenzone figure")));
  if (kept.length > 0) wrong.push(`offline: still kept: ${kept}`);
  await context.close();
}

/** Whoever reads a board hears of a newer one, and neither place nor focus moves. */
async function hearOfNews(browser, cases) {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
  const page = await context.newPage();
  await page.goto(`${base}${home}?lang=en&as_of=2021-07-12`);
  const link = page.locator("th.unit a").nth(5);
  await link.focus();
  await page.evaluate(() => window.scrollBy(0, 40));
  const place = () => page.evaluate(() => ({ y: window.scrollY, focus: document.activeElement.href, at: document.activeElement.getBoundingClientRect().top }));
  const before = await place();
  await enter(browser, true, cases);
  const notice = page.locator("[role=status][data-events] a");
  await notice.waitFor({ timeout: 10000 });
  const after = await place();
  if (JSON.stringify(before) !== JSON.stringify(after)) wrong.push(`news: moved from ${JSON.stringify(before)} to ${JSON.stringify(after)}`);
  // a click of the tool would scroll to the link first
  await Promise.all([page.waitForNavigation(), notice.evaluate((link) => link.click())]);
  await page.waitForFunction((y) => Math.abs(window.scrollY - y) < 2, before.y, { timeout: 5000 }).catch(() => wrong.push("news: the new board is not at the reader's place"));
  await context.close();
}

/** Sizes, in mm, of the pages that a page prints. */
async function printed(page) {
  const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
  const boxes = [...pdf.matchAll(/\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/g)];
  return boxes.map(([, width, height]) => [width, height].map((points) => Math.round((points / 72) * 25.4)).join("×"));
}

/** Printed pages: A4, lying where the table is wide, and no more of them than there is to say. */
async function print(browser) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
  const page = await context.newPage();
  await signIn(page, people.council, "vi");
  for (const [address, size, most] of prints) {
    await page.goto(`${base}${home}${address}`);
    const sizes = await printed(page);
    console.log(`printed ${address || "/"}: ${sizes.join(" ")}`);
    if (sizes.length === 0 || sizes.length > most || sizes.some((one) => one !== size)) wrong.push(`${address} prints ${sizes}, expected at most ${most} pages of ${size}`);
  }
  await context.close();
}

if (folder) mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  for (const [lang, width] of [["vi", 360], ["en", 1440]]) {
    for (const role of ["public", ...Object.keys(people)]) await walk(browser, role, lang, width);
  }
  await walk(browser, "public", "en", 360);
  await walk(browser, "council", "vi", 1440);
  await walk(browser, "public", "vi", 360, "dark");
  await walk(browser, "council", "en", 1440, "dark");
  await work(browser, "vi", 360);
  await work(browser, "en", 1440);
  await enter(browser, true, 2);
  await enter(browser, false, 3);
  await sendOffline(browser, 4);
  await hearOfNews(browser, 1);
  await print(browser);
} finally {
  await browser.close();
}
console.log(`looked at ${looked} pages`);
for (const line of wrong.slice(0, 40)) console.log(`WRONG ${line}`);
process.exit(wrong.length > 0 || looked < 40 ? 1 : 0);
