// Drives the site in Chromium. MUSTER_SITE is its address.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SITE = process.env.MUSTER_SITE;
const PAGES = ["", "requirements/LIST-LABEL-AND/", "contract/1.42/", "results/", "glossary/", "search/?q=label"];
// Every width, and both colour schemes where each has its own layout.
const VIEWS = [
  { viewport: { width: 390, height: 844 }, colorScheme: "light" },
  { viewport: { width: 390, height: 844 }, colorScheme: "dark" },
  { viewport: { width: 768, height: 1024 }, colorScheme: "dark" },
  { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
];

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.MUSTER_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-component-update"],
  });
});
after(() => browser.close());

// Opens each page in each view, and holds against it what it complained of and asked for elsewhere.
async function visit(use) {
  for (const view of VIEWS) {
    const context = await browser.newContext(view);
    const page = await context.newPage();
    const complaints = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", ({ url }) => {
      if (!/^(data:|blob:)/.test(url()) && !url().startsWith(SITE)) complaints.push(url());
    });
    for (const path of PAGES) {
      await page.goto(SITE + path);
      await use(page, `${path || "the first page"} at ${view.viewport.width}, ${view.colorScheme}`);
    }
    assert.deepEqual(complaints, []);
    await context.close();
  }
}

test("axe finds nothing, and no page is wider than the window", () =>
  visit(async (page, where) => {
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wider <= 0, `${where} is ${wider} pixels wider`);
    await page.evaluate(AXE);
    const found = await page.evaluate(() =>
      axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }),
    );
    const told = found.violations.map((each) => [each.id, each.nodes.map((n) => n.html)]);
    assert.deepEqual(told, [], where);
  }));

test("the search finds requirements, rules of the contract and guides", async () => {
  const page = await browser.newPage();
  for (const [words, found] of [
    ["LIST-LABEL-AND", "requirements/LIST-LABEL-AND/"],
    ["shared-size.selects-nothing", "contract/1.42/"],
    ["baseline expires", "reports/"],
  ]) {
    await page.goto(`${SITE}search/?q=${encodeURIComponent(words)}`);
    await page.locator(`#search-results a[href*="${found}"]`).first().waitFor();
  }
  await page.close();
});
