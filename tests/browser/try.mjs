import { chromium } from "playwright-core";
import { writeFileSync } from "node:fs";
const base="http://127.0.0.1:8099";
const b=await chromium.launch({executablePath:"/usr/bin/chromium",args:["--no-sandbox"]});
const c=await b.newContext({viewport:{width:360,height:740}});
const p=await c.newPage();
async function signIn(page,n,w){await page.goto(base+"/sign-in?lang=vi");await page.fill("input[name=username]",n);await page.fill("input[name=password]",w);await Promise.all([page.waitForNavigation(),page.press("input[name=password]","Enter")]);}
await signIn(p,"demo-reporter","yQ2THh2bDGZ3CbBpNpGA");
await p.goto(base+"/c/q6-2021/enter?unit=27382&day=2021-07-13&lang=vi");
await p.focus("input[name=community_f0]"); await p.keyboard.type("2"); await p.keyboard.press("Enter");
await p.waitForURL("**sent=recorded**").catch(e=>console.log("E",e.message));
console.log(p.url(), (await p.locator("main").innerText()).slice(0,200));
// news
const q=await (await b.newContext({viewport:{width:360,height:740}})).newPage();
await q.goto(base+"/c/q6-2021?lang=en&as_of=2021-07-12");
await q.locator("th.unit a").nth(5).focus(); await q.evaluate(()=>scrollBy(0,40));
console.log(await q.evaluate(()=>[scrollY, document.documentElement.scrollHeight]));
await p.goto(base+"/c/q6-2021/enter?unit=27382&day=2021-07-13&lang=vi");
await p.fill("input[name=community_f0]","1"); await p.press("input[name=community_f0]","Enter"); await p.waitForURL("**sent=recorded**").catch(e=>console.log("E2",e.message));
console.log((await p.locator("main").innerText()).slice(0,200));
const n=q.locator("[role=status][data-events] a"); await n.waitFor({timeout:5000});
console.log(await q.evaluate(()=>[scrollY, document.documentElement.scrollHeight]));
await Promise.all([q.waitForNavigation(), n.evaluate(l=>l.click())]);
for(let i=0;i<5;i++){console.log(q.url(), await q.evaluate(()=>[scrollY, document.documentElement.scrollHeight])); await q.waitForTimeout(300);}
const d=await (await b.newContext({viewport:{width:1200,height:800}})).newPage();
for (const [n,a] of [["board","?lang=vi"],["map","/map?lang=vi"],["unit","/u/27382?lang=vi"]]) { await d.goto(base+"/c/q6-2021"+a); writeFileSync(`/tmp/d/${n}.pdf`, await d.pdf({preferCSSPageSize:true,printBackground:true})); }
await signIn(d,"demo-council","DRChJISvHBKDJLi1Rj0h");
await d.goto(base+"/c/q6-2021/console?lang=vi"); writeFileSync(`/tmp/d/console.pdf`, await d.pdf({preferCSSPageSize:true,printBackground:true}));
await b.close();
