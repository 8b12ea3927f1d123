// Going back: to the same cruds at the same height of the screen, and to the link that was followed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage, PHONE, WIDE } from "./support/browser.js";
import { Server, until } from "./support/server.js";

/** Pixels by which a crud may be elsewhere than before. */
const TOLERANCE = 4;

let browser;
let server;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
  const token = await server.token("tunde_a");
  for (let number = 1; number <= 70; number += 1) {
    const message = `Line ${number} of 70. ${"A few more words. ".repeat(number % 9)}`;
    await server.call("POST", "/api/activities", { message, ttl: "1-day" }, token);
  }
});

after(async () => {
  await browser?.close();
  await server?.end();
});

const line = (page, number) => page.getByRole("article").filter({ hasText: `Line ${number} of 70.` });

/** Scrolls until the crud is shown, through several pages of the feed, and then on to the middle of the screen. */
async function scrollTo(page, number) {
  await until(async () => {
    if (await line(page, number).count() > 0) return true;
    await page.mouse.wheel(0, 3_000);
    return false;
  }, "the crud is loaded");
  await line(page, number).evaluate((article) => article.scrollIntoView({ block: "center" }));
  return settledTop(page, number);
}

/** The crud's distance from the upper edge of the screen, once it stands still. */
async function settledTop(page, number) {
  let top = Number.NaN;
  await until(async () => {
    const { y } = await line(page, number).boundingBox();
    const isStill = y === top;
    top = y;
    return isStill;
  }, "the crud stands still");
  return top;
}

async function assertAt(page, number, top) {
  await line(page, number).waitFor();
  await until(async () => Math.abs((await line(page, number).boundingBox()).y - top) <= TOLERANCE, "the crud is where it was");
}

for (const viewport of [PHONE, WIDE]) {
  test(`going back from a thread returns to the same cruds of a long feed at ${viewport.width} pixels`, async (t) => {
    const page = await openPage(t, browser, { viewport });
    await page.goto(server.url);
    await page.getByRole("article").first().waitFor();
    const top = await scrollTo(page, 12);
    await line(page, 12).locator("a.age").click();
    await page.getByRole("heading", { name: "Thread" }).waitFor();
    await page.goBack();
    await assertAt(page, 12, top);
    await line(page, 12).locator("a.age").and(page.locator(":focus")).waitFor();
  });
}

test("going back from a user's page, and the link in a thread to the page before, return to the place", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(server.url);
  const top = await scrollTo(page, 30);
  await line(page, 30).locator("a.byline").click();
  await page.getByText("joined in").waitFor();
  const topOfUser = await scrollTo(page, 25);
  await line(page, 25).locator("a.age").click();
  await page.getByRole("heading", { name: "Thread" }).waitFor();
  await page.goBack();
  await page.getByText("joined in").waitFor();
  await assertAt(page, 25, topOfUser);
  await page.goBack();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await assertAt(page, 30, top);

  await line(page, 30).locator("a.age").click();
  await page.getByRole("main").getByRole("link", { name: "Home" }).click();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await assertAt(page, 30, top);
});

test("a reload keeps the place, and so does going back after one", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(server.url);
  const top = await scrollTo(page, 20);
  await page.reload();
  await assertAt(page, 20, top);
  await line(page, 20).locator("a.age").click();
  await page.getByRole("heading", { name: "Thread" }).waitFor();
  await page.reload();
  await page.getByRole("article").first().waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await assertAt(page, 20, top);
});

test("the place is kept when the crud there is gone and new ones have come above", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(server.url);
  await scrollTo(page, 40);
  const top = await settledTop(page, 39);
  await line(page, 40).locator("a.byline").click();
  await page.getByText("joined in").waitFor();
  const cruds = await server.call("GET", "/api/activities/@tunde_a");
  const { uuid } = cruds.find(({ message }) => message.startsWith("Line 40 of"));
  await server.call("DELETE", `/api/activities/${uuid}`, undefined, await server.token("tunde_a"));
  for (let number = 1; number <= 30; number += 1) await server.post("ingrid_s", `Above, ${number}.`);
  await page.goBack();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await line(page, 39).waitFor();
  assert.equal(await line(page, 40).count(), 0);
  assert.ok(Math.abs(await settledTop(page, 39) - top) < WIDE.height, "the crud below is near");
});

test("following a link begins a page at its top", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(server.url);
  await scrollTo(page, 20);
  await page.getByRole("navigation", { name: "Cruddur" }).getByRole("link", { name: "Search" }).click();
  await page.getByRole("navigation", { name: "Cruddur" }).getByRole("link", { name: "Home" }).click();
  await page.getByRole("article").first().waitFor();
  assert.equal(await page.evaluate(() => scrollY), 0);
});
