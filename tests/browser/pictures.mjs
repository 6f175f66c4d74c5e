// Takes the pictures of the guides and of the README: each is a page as somebody sees it. With
// it goes a stamp, the hash of all that the page is drawn from (its HTML without what differs
// each time, its stylesheets), by which a picture is known that shows a page as it no longer is.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { chromium } from "playwright-core";

const { base, browser: executablePath, folder, shots } = JSON.parse(process.env.PICTURES);

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function signIn(page, [name, password]) {
  await page.goto(`${base}/sign-in?lang=vi`);
  await page.fill("input[name=username]", name);
  await page.fill("input[name=password]", password);
  await Promise.all([page.waitForNavigation(), page.press("input[name=password]", "Enter")]);
}

/** All that a page is drawn from, as text. */
async function drawnFrom(page, html) {
  const sheets = await page.locator("link[rel=stylesheet]").evaluateAll((links) => links.map((link) => link.href));
  const texts = await Promise.all(sheets.map(async (sheet) => (await page.request.get(sheet)).text()));
  return [html.replace(/<input[^>]*type="hidden"[^>]*>/g, "").replaceAll(base, ""), ...texts].join("\n");
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const taken = {};
try {
  for (const { name, address, width, height, person } of shots) {
    // without scripts a page is what was sent
    const context = await browser.newContext({ viewport: { width, height }, locale: "vi", javaScriptEnabled: false });
    const page = await context.newPage();
    if (person) await signIn(page, person);
    const answer = await page.goto(`${base}${address}`);
    if (!answer.ok()) throw new Error(`${address}: ${answer.status()}`);
    const picture = await page.screenshot({ path: join(folder, name), animations: "disabled" });
    taken[name] = { page: sha256(await drawnFrom(page, await answer.text())), picture: sha256(picture) };
    await context.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(taken));
