// Drives the matrix of engines in Chromium. The page is in the folder MUSTER_PAGES.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PAGE = pathToFileURL(join(process.env.MUSTER_PAGES, "matrix.html")).href;

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.MUSTER_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-component-update"],
  });
});
after(() => browser.close());

// Opens the page, and at the end holds against it what it complained of and asked for.
async function open(use, options = {}, fragment = "") {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  const requests = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfinished", (request) => requests.push(request.url()));
  await page.goto(PAGE + fragment);
  await use(page);
  assert.deepEqual(complaints, []);
  assert.deepEqual(requests, [PAGE]);
  await context.close();
}

const shownRows = (page) => page.locator(".matrix tr.requirement:visible th").allInnerTexts();
const shownBuilds = (page) =>
  page.locator(".matrix thead th[data-build]:visible").evaluateAll((all) => all.map((th) => th.dataset.build));

test("the matrix is filtered by engine, store, group and text", () =>
  open(async (page) => {
    assert.equal((await shownBuilds(page)).length, 4);
    await page.getByRole("combobox", { name: "Engine" }).selectOption("podman");
    assert.deepEqual(await shownBuilds(page), ["podman 4.3", "podman 10.0"]);
    await page.getByRole("button", { name: "Reset" }).click();
    await page.getByText("4 of 4 builds").waitFor();
    await page.getByRole("combobox", { name: "Store" }).selectOption("containerd");
    assert.equal((await shownBuilds(page)).includes("Docker 28.5"), false);
    await page.getByRole("button", { name: "Reset" }).click();
    await page.getByText("4 of 4 builds").waitFor();
    await page.getByRole("searchbox").fill("newest first");
    assert.deepEqual(await shownRows(page), ["LIST-ORDER"]);
    await page.getByRole("searchbox").fill("");
    await page.getByRole("combobox", { name: "Group" }).selectOption("filters");
    assert.deepEqual(await shownRows(page), ["LIST-LABEL-KEY"]);
    await page.getByRole("combobox", { name: "Group" }).selectOption("list");
    await page.getByRole("checkbox").check();
    assert.equal((await shownRows(page)).length, 2);
  }));

test("an API version shows the builds that have it, and their verdicts at it", () =>
  open(async (page) => {
    const version = page.getByRole("combobox", { name: "API version" });
    const whole = page.locator("td[data-verdicts]:not([data-verdicts=''])");
    const old = page.locator("td[data-at='1.24']");
    const seen = [];
    for (const each of ["", "1.24", "1.41", "1.44"]) {
      await version.selectOption(each);
      seen.push([await whole.locator("b").innerText(), await old.getAttribute("class")]);
    }
    assert.deepEqual(seen, [["met", "warn"], ["met", "warn"], ["open", "pass"], ["–", "none"]]);
    assert.deepEqual(await shownBuilds(page), ["Docker 28.5", "Docker 28.5, containerd store"]);
  }));

test("a cell of the matrix opens its finding, its command and its source", () =>
  open(async (page) => {
    assert.equal(await page.getByText("in the wrong order").first().isVisible(), false);
    await page.locator("td.fail a").first().click();
    const finding = page.locator("#LIST-ORDER--podman-4\\.3");
    await finding.getByText("<b>a & b</b> stand in the wrong order").waitFor();
    const isOnTop = await finding.evaluate((section) => {
      const { left, top } = section.getBoundingClientRect();
      return section.contains(document.elementFromPoint(left + 20, top + 20));
    });
    assert.equal(isOnTop, true);
    assert.equal(await finding.locator("code").innerText(), "curl 'http://x/<script>'");
    const source = page.locator("#LIST-ORDER").getByRole("link", { name: "moby v1.11.2" });
    assert.match(await source.getAttribute("href"), /^https:\/\/github\.com\/moby\/moby\//);
    assert.match(await page.locator("#LIST-ORDER .history").first().innerText(), /fails from 4\.3\.1 to 10\.0/);
  }));

test("a link to a cell of the matrix shows what a filter hides", () =>
  open(
    async (page) => {
      await page.locator("#LIST-ORDER--podman-4\\.3 .found").waitFor();
      await page.getByRole("searchbox").fill("no such requirement");
      assert.equal(await page.locator("#LIST-ORDER").isVisible(), false);
      await page.evaluate(() => { location.hash = "#LIST-ORDER"; });
      await page.locator("#LIST-ORDER .history").first().waitFor();
    },
    {},
    "#LIST-ORDER--podman-4.3",
  ));

test("without scripts the matrix is whole", () =>
  open(
    async (page) => {
      assert.equal(await page.locator(".matrix tr.requirement:visible").count(), 5);
      assert.equal(await page.locator("form, .copy").filter({ visible: true }).count(), 0);
    },
    { javaScriptEnabled: false },
  ));

test("the matrix fits a phone and a desktop, and axe finds nothing", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const viewport of [{ width: 390, height: 844 }, { width: 1280, height: 900 }]) {
      await open(
        async (page) => {
          for (const summary of await page.locator("summary").all()) await summary.click();
          const [width, shown] = await page.evaluate(() => {
            const { scrollWidth, clientWidth } = document.documentElement;
            return [scrollWidth, clientWidth];
          });
          assert.equal(width, shown);
          await page.evaluate(AXE);
          const found = await page.evaluate(() =>
            axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }),
          );
          const told = found.violations.map((each) => [each.id, each.nodes.map((n) => n.html)]);
          assert.deepEqual(told, [], `${colorScheme}, ${viewport.width}`);
        },
        { colorScheme, viewport },
      );
    }
  }
});
