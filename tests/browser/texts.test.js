// Texts that the client makes: links in users' texts, and durations.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage } from "./support/browser.js";
import { Server } from "./support/server.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let browser;
let server;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
});

after(async () => {
  await browser?.close();
  await server?.end();
});

/** Calls a function of one of the client's modules in the page. */
async function call(page, module, name, ...inputs) {
  const version = await page.evaluate(() => document.querySelector("script[src]").src.split("/")[4]);
  return page.evaluate(async ([path, exported, values]) => {
    const { [exported]: run } = await import(path);
    return values.map((value) => {
      const result = run(value);
      if (!(result instanceof Element)) return result;
      return Array.from(result.querySelectorAll("a"), (link) => [link.textContent, link.getAttribute("href")]);
    });
  }, [`/assets/${version}/${module}`, name, inputs]);
}

async function open(t) {
  const page = await openPage(t, browser);
  await page.goto(server.url);
  await page.getByRole("article").first().waitFor();
  return page;
}

test("the time that is left is rounded up, and is 0 only when it has ended", async (t) => {
  const page = await open(t);
  const cases = [
    [-1, "0s"], [0, "0s"],
    [1, "1s"], [SECOND, "1s"], [SECOND + 1, "2s"],
    [59 * SECOND, "59s"], [59 * SECOND + 1, "1m"], [MINUTE, "1m"], [MINUTE + 1, "2m"],
    [59 * MINUTE, "59m"], [59 * MINUTE + 1, "1h"], [HOUR - 1, "1h"], [HOUR, "1h"], [HOUR + 1, "2h"],
    [23 * HOUR, "23h"], [23 * HOUR + 1, "1d"], [DAY, "1d"], [DAY + 1, "2d"],
    [7 * DAY - 1, "7d"], [7 * DAY, "7d"], [30 * DAY, "30d"],
  ];
  const texts = await call(page, "shared/clock.js", "timeLeft", ...cases.map(([time]) => time));
  assert.deepEqual(texts, cases.map(([, text]) => text));
});

test("an age is rounded down", async (t) => {
  const page = await open(t);
  const cases = [[MINUTE, "1m"], [HOUR - 1, "59m"], [HOUR, "1h"], [DAY - 1, "23h"], [2 * DAY - 1, "1d"]];
  const texts = await call(page, "shared/clock.js", "shortDuration", ...cases.map(([time]) => time));
  assert.deepEqual(texts, cases.map(([, text]) => text));
});

test("a screen reader hears the unit of a duration in its singular or plural", async (t) => {
  const page = await open(t);
  const words = await call(page, "shared/clock.js", "inWords", "1h", "2h", "1d", "45s");
  assert.deepEqual(words, ["1 hour", "2 hours", "1 day", "45 seconds"]);
});

test("a URL keeps the brackets that it opens and leaves out the punctuation of its sentence", async (t) => {
  const page = await open(t);
  const wiki = "https://en.wikipedia.org/wiki/Rust_(programming_language)";
  const cases = [
    [wiki, wiki],
    [`${wiki}.`, wiki],
    [`(see ${wiki})`, wiki],
    [`(see ${wiki}).`, wiki],
    ["(https://example.org)", "https://example.org"],
    ["[https://example.org/a]", "https://example.org/a"],
    ["{https://example.org/a}", "https://example.org/a"],
    ["https://example.org/a[1]", "https://example.org/a[1]"],
    ["https://example.org/a((b)))", "https://example.org/a((b))"],
    ["“https://example.org/a”", "https://example.org/a"],
    ["'https://example.org/a'", "https://example.org/a"],
    ['"https://example.org/a"', "https://example.org/a"],
    ["«https://example.org/a»", "https://example.org/a"],
    ["https://example.org/a?b=c!", "https://example.org/a?b=c"],
    ["https://example.org/a?", "https://example.org/a"],
    ["https://example.org/a,", "https://example.org/a"],
    ["https://example.org/a...", "https://example.org/a"],
    ["https://example.org/a…", "https://example.org/a"],
    ["https://example.org/a。", "https://example.org/a"],
    ["https://example.org/it's", "https://example.org/it's"],
    ["https://example.org/a/", "https://example.org/a/"],
    [`https://example.org/${")".repeat(1_000)}`, "https://example.org/"],
  ];
  const links = await call(page, "client/linkify.js", "userText", ...cases.map(([text]) => text));
  assert.deepEqual(links, cases.map(([, url]) => [[url, url]]));
});

test("what only looks like a URL stays text", async (t) => {
  const page = await open(t);
  const links = await call(page, "client/linkify.js", "userText", "https://", "https://).", "http://[", "javascript://x");
  assert.deepEqual(links, [[], [], [], []]);
});

test("a hashtag leads to a search for the tag and not for the word", async (t) => {
  await server.post("kaia_p", "Only the word rockpooling.");
  await server.post("kaia_p", "The tag: #rockpooling.");
  const page = await open(t);
  await page.getByRole("link", { name: "#rockpooling" }).first().click();
  await page.getByRole("searchbox", { name: "Search for" }).waitFor();
  assert.equal(new URL(page.url()).search, "?q=%23rockpooling");
  assert.equal(await page.getByRole("searchbox", { name: "Search for" }).inputValue(), "#rockpooling");
  await page.getByText("The tag: #rockpooling.").waitFor();
  assert.equal(await page.getByText("Only the word").count(), 0);
});
