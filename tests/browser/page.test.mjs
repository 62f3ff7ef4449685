// Drives the HTML report in Chromium. The pages are in the folder MUSTER_PAGES.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PHONE = { width: 360, height: 740 };
const URL_OF = (name) => pathToFileURL(join(process.env.MUSTER_PAGES, `${name}.html`)).href;

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.MUSTER_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-component-update"],
  });
});
after(() => browser.close());

// Opens a page, and at the end holds against it what it complained of and asked for.
async function open(name, use, options = {}, fragment = "") {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  const requests = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => complaints.push(dialog.message()));
  page.on("requestfinished", (request) => requests.push(request.url()));
  await page.goto(URL_OF(name) + fragment);
  await use(page, context, complaints);
  assert.deepEqual(complaints, []);
  assert.deepEqual(requests, [URL_OF(name)]);
  await context.close();
}

const ids = (page) => page.locator("article:visible").evaluateAll((all) => all.map((a) => a.id));
async function unfoldAll(page) {
  for (const summary of await page.locator("#drawer:not([open]) > summary, .glance summary").all()) {
    if (await summary.isVisible()) await summary.click();
  }
  await page.getByRole("button", { name: "Unfold all" }).click();
}

test("the verdicts that are unticked are hidden, with their headings", () =>
  open("report", async (page) => {
    assert.deepEqual(await ids(page), [
      "LIST-FAILS", "LIST-WARNS", "LIST-LACKS", "LIST-KNOWN", "HTTP-SEEN", "LIST-HOLDS", "LIST-LATER",
    ]);
    for (const name of ["fail", "pass", "not checked"]) {
      await page.getByRole("checkbox", { name, exact: true }).uncheck();
    }
    assert.deepEqual(await ids(page), ["LIST-WARNS", "LIST-LACKS", "LIST-KNOWN", "HTTP-SEEN"]);
    assert.equal(await page.getByRole("heading", { name: "Not met" }).count(), 0);
    assert.equal(await page.getByRole("status").textContent(), "4 of 7 requirements shown");
    await page.getByRole("button", { name: "Reset" }).click();
    await page.getByText("7 of 7 requirements shown").waitFor();
    assert.equal((await ids(page)).length, 7);
  }));

test("levels and text choose requirements, too", () =>
  open("report", async (page) => {
    await page.getByRole("checkbox", { name: "MUST" }).uncheck();
    assert.deepEqual(await ids(page), ["LIST-WARNS", "HTTP-SEEN"]);
    await page.getByRole("checkbox", { name: "MUST" }).check();
    await page.getByRole("searchbox").fill("RULE of fails");
    assert.deepEqual(await ids(page), ["LIST-FAILS"]);
  }));

test("an API version shows what was found at it", () =>
  open("versions", async (page) => {
    const fails = page.locator("#LIST-FAILS");
    assert.deepEqual(await fails.locator(".found").allTextContents().then((t) => t.length), 2);
    await page.getByRole("combobox", { name: "API version" }).selectOption("1.24");
    assert.match(await fails.locator(".found:visible").innerText(), /images are missing/);
    const later = page.locator("#LIST-LATER");
    assert.equal(await later.isVisible(), true);
    await page.getByRole("checkbox", { name: "not checked", exact: true }).uncheck();
    assert.equal(await later.isVisible(), false);
    await page.getByRole("combobox", { name: "API version" }).selectOption("1.25");
    assert.equal(await later.isVisible(), true);
    await page.getByRole("checkbox", { name: "pass", exact: true }).uncheck();
    assert.deepEqual(await ids(page), ["LIST-KNOWN"]);
  }));

test("the keyboard alone opens what was found", () =>
  open("report", async (page) => {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the results");
    await page.keyboard.press("Enter");
    const focused = () => page.evaluate(() => document.activeElement.tagName);
    for (let left = 5; left && (await focused()) !== "SUMMARY"; left--) await page.keyboard.press("Tab");
    assert.equal(await focused(), "SUMMARY");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid");
    await page.keyboard.press("Enter");
    assert.equal(await page.getByText("unexpected: b").isVisible(), true);
    assert.equal(await page.locator("#LIST-FAILS pre.body").first().isVisible(), true);
  }));

test("a command is copied as it stands", () =>
  open(
    "report",
    async (page) => {
      await page.getByRole("button", { name: "Copy the command" }).first().click();
      await page.getByText("Command copied").waitFor();
      const text = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal(text, "curl -sS -i 'http://localhost:2375/v1.24/images/json?filter=it'\"'\"'s'");
    },
    { permissions: ["clipboard-read", "clipboard-write"] },
  ));

test("a command that must not be copied is selected", () =>
  open("report", async (page) => {
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error("denied"));
    });
    await page.getByRole("button", { name: "Copy the command" }).first().click();
    await page.getByText("Selected").first().waitFor();
    assert.match(await page.evaluate(() => String(getSelection())), /^curl -sS -i /);
  }));

test("a link to a requirement unfolds it", () =>
  open(
    "report",
    async (page) => {
      assert.equal(await page.locator("#LIST-FAILS details").first().getAttribute("open"), "");
      assert.equal(await page.locator("#LIST-WARNS details").first().getAttribute("open"), null);
      await page.getByRole("checkbox", { name: "warn", exact: true }).uncheck();
      await page.evaluate(() => {
        location.hash = "#LIST-WARNS";
      });
      await page.locator("#LIST-WARNS details[open]").first().waitFor();
    },
    {},
    "#LIST-FAILS",
  ));

test("a link to nothing does nothing", () => open("report", async () => {}, {}, "#no%22such"));

test("nothing is wider than a phone", async () => {
  for (const name of ["report", "versions", "hostile"]) {
    await open(name, async (page) => {
      await unfoldAll(page);
      const [width, shown] = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return [scrollWidth, clientWidth];
      });
      assert.equal(width, shown, name);
      assert.equal(shown, PHONE.width);
    }, { viewport: PHONE });
  }
});

test("what a server says does nothing", () =>
  open("hostile", async (page) => {
    await unfoldAll(page);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    const counts = await page.evaluate(() =>
      ["script", "style", "img", "iframe", "base", "a[href^='javascript:']", "[onmouseover]"].map(
        (selector) => document.querySelectorAll(selector).length,
      ),
    );
    assert.deepEqual(counts, [1, 1, 0, 0, 0, 0, 0]);
    assert.doesNotMatch(await page.locator("body").innerText(), /[\u0000-\u0008\u000b-\u001f\u202e]/);
  }));

test("the policy lets nothing else run or load", () =>
  open("report", async (page, _, complaints) => {
    await page.evaluate(() => {
      for (const [name, code] of [["script", "window.hacked = 1"], ["style", "body{display:none}"]]) {
        document.body.append(Object.assign(document.createElement(name), { textContent: code }));
      }
      document.body.append(Object.assign(new Image(), { src: "https://localhost/x" }));
    });
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.locator("body").isVisible(), true);
    const refused = complaints.splice(0).filter((text) => text.includes("Content Security Policy"));
    assert.equal(refused.length, 3);
  }));

test("without scripts everything is there but the filters", () =>
  open(
    "report",
    async (page) => {
      assert.equal((await ids(page)).length, 7);
      assert.equal(await page.locator("search, .copy").filter({ visible: true }).count(), 0);
      await page.locator("#LIST-FAILS summary").first().click();
      assert.equal(await page.locator("#LIST-FAILS .difference").isVisible(), true);
    },
    { javaScriptEnabled: false },
  ));

test("on paper everything is unfolded, and nothing is there to click", () =>
  open("report", async (page) => {
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    assert.equal(await page.locator("#LIST-FAILS .difference").isVisible(), true);
    assert.equal(await page.locator("search, .copy").filter({ visible: true }).count(), 0);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    assert.equal(await page.locator("main details[open]").count(), 0);
  }));

test("axe finds nothing against the page", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const viewport of [PHONE, { width: 1100, height: 900 }]) {
      for (const name of ["report", "versions"]) {
        await open(
          name,
          async (page) => {
            await unfoldAll(page);
            await page.evaluate(AXE);
            const found = await page.evaluate(() =>
              axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }),
            );
            const told = found.violations.map((each) => [each.id, each.nodes.map((n) => n.html)]);
            assert.deepEqual(told, [], `${name}, ${colorScheme}, ${viewport.width}`);
          },
          { colorScheme, viewport },
        );
      }
    }
  }
});

test("a group chooses its requirements", () =>
  open("report", async (page) => {
    await page.getByRole("combobox", { name: "Group" }).selectOption("http");
    assert.deepEqual(await ids(page), ["HTTP-SEEN"]);
  }));

test("an exchange that was shown before is there when a finding is unfolded", () =>
  open("report", async (page) => {
    const known = page.locator("#LIST-KNOWN");
    assert.equal(await known.locator("[data-same]").count(), 1);
    await known.locator("summary").first().click();
    await known.getByText("Response: none (the server closed the connection)").waitFor();
    assert.equal(await page.locator("#exchange-2").count(), 1);
  }));

test("a link to an exchange unfolds the finding that has it", () =>
  open(
    "report",
    async (page) => {
      await page.locator("#exchange-1").waitFor();
      assert.equal(await page.locator("#exchange-1").isVisible(), true);
    },
    {},
    "#exchange-1",
  ));

test("on a phone the filters are folded, and large enough to touch", () =>
  open(
    "versions",
    async (page) => {
      const box = page.getByRole("checkbox", { name: "fail", exact: true });
      assert.equal(await box.isVisible(), false);
      assert.equal(await page.getByRole("status").isVisible(), true);
      await page.locator("#drawer > summary").click();
      assert.equal(await box.isVisible(), true);
      const heights = await page
        .locator("#filters label, #filters button")
        .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().height));
      assert.equal(heights.every((height) => height >= 24), true);
    },
    { viewport: PHONE },
  ));
