// New cruds, which wait behind a button, and cruds that are gone, without the live stream: as behind a proxy that has none.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, launch, openPage, PHONE, signIn } from "./support/browser.js";
import { expireIn } from "./support/database.js";
import { PsqlSession } from "./support/psql.js";
import { Server, until } from "./support/server.js";

let browser;
let server;
let database;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
  database = await PsqlSession.open(server, "tests");
});

after(async () => {
  database?.end();
  await browser?.close();
  await server?.end();
});

const newCruds = (page) => page.getByRole("button", { name: /new cruds?$/ });
const articleWith = (page, text) => page.getByRole("article").filter({ hasText: text }).first();
/** Asks the server what is new, as a page does when it becomes visible. */
const check = (page) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));

async function openHome(t, options) {
  const page = await openPage(t, browser, options);
  await page.route("**/api/live?*", (route) => route.fulfill({ status: 404, json: ["route_not_found"] }));
  await page.goto(server.url);
  await page.getByRole("article").first().waitFor();
  return page;
}

async function postMany(handle, count, text) {
  const token = await server.token(handle);
  for (let number = 1; number <= count; number += 1) {
    await server.call("POST", "/api/activities", { message: `${text} ${number}.`, ttl: "1-day" }, token);
  }
}

test("a button counts all new cruds, also those of several pages, and shows them in their order", async (t) => {
  const page = await openHome(t, { viewport: PHONE });
  await postMany("ingrid_s", 137, "Harvest");
  await check(page);
  const button = page.getByRole("button", { name: "137 new cruds" });
  await button.waitFor();
  await assertAccessible(page, "home with new cruds");
  await button.click();
  await button.waitFor({ state: "hidden" });
  const texts = await page.locator(".feed > li > .activity > .user-text").allTextContents();
  assert.deepEqual(texts.slice(0, 137), Array.from({ length: 137 }, (_, index) => `Harvest ${137 - index}.`));
  assert.equal(await page.evaluate(() => scrollY), 0);
  await articleWith(page, "Harvest 137.").and(page.locator(":focus")).waitFor();
});

test("more new cruds than can wait are loaded with the list anew", async (t) => {
  const page = await openHome(t);
  database.send(`insert into activities (user_uuid, message, expires_at, created_at)
    select (select uuid from users where handle = 'kaia_p'), 'Wave ' || number || '.', now() + interval '1 day',
      now() + number * interval '1 millisecond' from generate_series(1, 620) as number`);
  database.send("select 'done'");
  assert.equal(await database.line(), "done");
  await check(page);
  await page.getByRole("button", { name: "More than 500 new cruds" }).click();
  await articleWith(page, "Wave 620.").waitFor();
  assert.ok(await newCruds(page).isHidden());
});

test("new cruds that are gone before they were shown are not counted", async (t) => {
  const page = await openHome(t);
  const deleted = await server.post("ingrid_s", "Said too soon.");
  const expiring = await server.post("ingrid_s", "For a moment.", "1-hour");
  await server.post("ingrid_s", "This stays.");
  await check(page);
  await page.getByRole("button", { name: "3 new cruds" }).waitFor();
  await server.call("DELETE", `/api/activities/${deleted.uuid}`, undefined, await server.token("ingrid_s"));
  await check(page);
  await page.getByRole("button", { name: "2 new cruds" }).waitFor();
  await expireIn(database, expiring, -1);
  await check(page);
  await page.getByRole("button", { name: "1 new crud", exact: true }).click();
  await page.getByRole("article").first().getByText("This stays.").waitFor();
});

test("a user's page has a button for new cruds of this user", async (t) => {
  const page = await openHome(t);
  await page.goto(`${server.url}/@samir_h`);
  await page.getByText("joined in").waitFor();
  await page.getByRole("article").first().waitFor();
  await server.post("samir_h", "From my own page.");
  await server.post("kaia_p", "From another page.");
  await check(page);
  await page.getByRole("button", { name: "1 new crud", exact: true }).click();
  await page.getByRole("article").first().getByText("From my own page.").waitFor();
});

test("a crud that its author has deleted leaves the pages of others, and its numbers change there", async (t) => {
  const deleted = await server.post("bayko", "Not for long.");
  const liked = await server.post("bayko", "Like this.");
  const page = await openHome(t);
  await articleWith(page, "Not for long.").waitFor();
  await server.call("DELETE", `/api/activities/${deleted.uuid}`, undefined, await server.token("bayko"));
  await server.call("PUT", `/api/activities/${liked.uuid}/like`, undefined, await server.token("mei_lin"));
  await check(page);
  await articleWith(page, "Not for long.").waitFor({ state: "detached" });
  await articleWith(page, "Like this.").getByRole("button", { name: "Like 1" }).waitFor();
});

test("a thread shows new replies, and says when its crud is gone", async (t) => {
  const post = await server.post("bayko", "Who is in the thread?");
  const page = await openHome(t);
  await page.goto(`${server.url}/@bayko/status/${post.uuid}`);
  await articleWith(page, "Who is in the thread?").waitFor();
  const token = await server.token("mei_lin");
  const reply = await server.call("POST", `/api/activities/${post.uuid}/reply`, { message: "I am." }, token);
  await check(page);
  await page.getByRole("list", { name: "Replies" }).first().getByText("I am.").waitFor();
  await page.getByRole("button", { name: "1 reply" }).waitFor();
  await server.call("DELETE", `/api/activities/${reply.uuid}`, undefined, token);
  await check(page);
  await page.getByText("I am.").waitFor({ state: "detached" });
  await server.call("DELETE", `/api/activities/${post.uuid}`, undefined, await server.token("bayko"));
  await check(page);
  await page.getByText("It had its time").waitFor();
});

test("an expired crud leaves the notices about it, too", async (t) => {
  const post = await server.post("sofia_r", "Expires with its notices.");
  const mei = await server.token("mei_lin");
  await server.call("PUT", `/api/activities/${post.uuid}/like`, undefined, mei);
  await server.call("POST", `/api/activities/${post.uuid}/reply`, { message: "Expires with its parent." }, mei);
  await expireIn(database, post, 4);
  const page = await openPage(t, browser);
  await signIn(page, server, "Sofía Reyes");
  await page.getByRole("link", { name: /^Notices/ }).click();
  await page.getByText("Expires with its parent.").waitFor();
  await page.getByText("Mei Lin liked your crud").first().waitFor();
  await page.getByText("Expires with its parent.").waitFor({ state: "detached" });
  await page.getByText("Expires with its notices.").waitFor({ state: "detached" });
});

test("when the crud with the focus expires, the focus goes to the one beside it", async (t) => {
  await server.post("kaia_p", "Takes the focus.");
  const post = await server.post("kaia_p", "Has the focus.");
  const page = await openHome(t);
  await articleWith(page, "Has the focus.").getByRole("button", { name: "Reply" }).focus();
  await expireIn(database, post, -1);
  await check(page);
  await articleWith(page, "Has the focus.").waitFor({ state: "detached" });
  await articleWith(page, "Takes the focus.").and(page.locator(":focus")).waitFor();
});

test("a page that was loaded before its cruds expired shows none of them after a pause", async (t) => {
  const page = await openPage(t, browser);
  await page.clock.install();
  await server.post("ingrid_s", "Gone in an hour.", "1-hour");
  await page.goto(server.url);
  await articleWith(page, "Gone in an hour.").waitFor();
  await page.clock.fastForward("01:01:00");
  await until(async () => {
    await page.clock.runFor(2_000);
    return await articleWith(page, "Gone in an hour.").count() === 0;
  }, "the crud is gone");
});
