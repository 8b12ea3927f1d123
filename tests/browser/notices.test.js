// Notices and the number of unread ones, used in Chromium as a user would.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, launch, openPage, PHONE, signIn, signInByLink, WIDE } from "./support/browser.js";
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

const link = (page) => page.getByRole("navigation", { name: "Cruddur" }).getByRole("link", { name: "Notices" });
const noticeWith = (page, text) => page.getByRole("main").locator("li").filter({ hasText: text }).first();

/** Likes or reposts an activity as a demo user. */
async function react(handle, kind, activity) {
  database.send(`insert into reactions (activity_uuid, kind, user_uuid)
    select '${activity.uuid}', '${kind}', uuid from users where handle = '${handle}' returning 'done'`);
  assert.equal(await database.line(), "done");
}

async function reply(handle, activity, message) {
  const path = `/api/activities/${activity.uuid}/reply`;
  return server.call("POST", path, { message }, await server.token(handle));
}

/** Checks the number of unread notices, as a page does when it becomes visible. */
const check = (page) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));

/** Marks everything as read that the demo's cruds say to the user. */
async function markAllRead(handle) {
  const token = await server.token(handle);
  const [latest] = await server.call("GET", "/api/notifications?limit=1", undefined, token);
  if (latest) await server.call("POST", "/api/notifications/read", { up_to: latest.uuid }, token);
}

async function unread(handle) {
  const { count } = await server.call("GET", "/api/notifications/unread", undefined, await server.token(handle));
  return count;
}

test("the page of notices says in words who did what", async (t) => {
  const post = await server.post("samir_h", "Who has a bicycle pump?");
  const answer = await reply("mei_lin", post, "I do.");
  const own = await reply("samir_h", answer, "Thank you!");
  await server.post("OldPete", "Ask @samir_h about pumps.");
  await react("mei_lin", "like", post);
  await react("kaia_p", "repost", own);
  const page = await openPage(t, browser);
  await signIn(page, server, "Samir Haddad");
  await link(page).click();
  for (const [words, text] of [
    ["Kaia Parata reposted your reply", "Thank you!"],
    ["Mei Lin liked your crud", "Who has a bicycle pump?"],
    ["Pete Kowalski mentioned you", "Ask @samir_h about pumps."],
    ["Mei Lin replied to you", "I do."],
  ]) {
    await noticeWith(page, words).getByText(text).first().waitFor();
  }
  assert.equal(await page.title(), "Notices · Cruddur");
  await noticeWith(page, "Mei Lin liked your crud").getByRole("link", { name: "Who has a bicycle pump?" }).click();
  await page.getByRole("heading", { name: "Thread" }).waitFor();
  assert.equal(new URL(page.url()).pathname, `/@samir_h/status/${post.uuid}`);
});

test("the navigation shows how many notices are unread until they were shown", async (t) => {
  await markAllRead("tunde_a");
  const post = await server.post("tunde_a", "The choir meets on Monday.");
  for (const handle of ["mei_lin", "kaia_p", "bayko"]) await react(handle, "like", post);
  const page = await openPage(t, browser);
  await signIn(page, server, "Tunde");
  await page.getByRole("link", { name: "Notices 3 unread" }).waitFor();
  await link(page).click();
  const first = noticeWith(page, "Andrew Bayko liked your crud");
  await first.getByText("Unread:").waitFor();
  await page.getByRole("link", { name: "Notices", exact: true }).waitFor();
  assert.equal(await unread("tunde_a"), 0);
  await page.reload();
  await first.waitFor();
  assert.equal(await page.getByText("Unread:").count(), 0);
});

test("an open page of notices shows a new one without a reload, and marks it as read", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Sofía Reyes");
  await link(page).click();
  await page.getByRole("heading", { name: "Notices" }).waitFor();
  await server.post("kaia_p", "A tide table for @sofia_r.");
  await until(async () => {
    await check(page);
    return page.getByText("A tide table").isVisible();
  }, "the new notice is shown");
  await until(async () => await unread("sofia_r") === 0, "it is read");
  await page.getByRole("link", { name: "Notices", exact: true }).waitFor();
});

test("a notice whose activity is gone does not keep the others unread", async (t) => {
  const post = await server.post("ingrid_s", "Plums to give away.");
  await react("mei_lin", "like", post);
  await react("kaia_p", "like", post);
  const page = await openPage(t, browser);
  await signIn(page, server, "Ingrid Solheim");
  await page.route("**/api/notifications/read", async (route) => {
    // The last like is undone after the page has loaded its notice and before it marks it.
    database.send(`delete from reactions where activity_uuid = '${post.uuid}'
      and user_uuid = (select uuid from users where handle = 'kaia_p') returning 'undone'`);
    await database.line();
    await route.continue();
  }, { times: 1 });
  await link(page).click();
  await noticeWith(page, "Mei Lin liked your crud").waitFor();
  await until(async () => await unread("ingrid_s") === 0, "the other one is read");
});

test("signing out clears the number of unread notices, and another user sees another number", async (t) => {
  await server.post("kaia_p", "Low tide at six, @bayko.");
  const page = await openPage(t, browser);
  await signIn(page, server, "Andrew Bayko");
  await page.getByRole("link", { name: /Notices \d+ unread/ }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Notices", exact: true }).waitFor();
  await check(page);
  assert.ok(await page.locator("#unread").isHidden());
  await markAllRead("priya_n");
  await server.post("kaia_p", "High tide at noon, @priya_n.");
  await signInByLink(page, "Priya Natarajan");
  await page.getByRole("link", { name: "Notices 1 unread" }).waitFor();
});

test("the number of unread notices is no live region and large numbers are short", async (t) => {
  const page = await openPage(t, browser);
  await page.route("**/api/notifications/unread", (route) => route.fulfill({ json: { count: 1_000 } }));
  await signIn(page, server, "Mei Lin");
  await page.getByRole("link", { name: "Notices 1,000 or more unread" }).waitFor();
  assert.equal(await page.locator("#unread").innerText(), "99+\n1,000 or more unread");
  const live = page.locator("[aria-live], [role=status], [role=alert], output").filter({ has: page.locator("#unread") });
  assert.equal(await live.count(), 0);
});

for (const scheme of ["light", "dark"]) {
  for (const viewport of [PHONE, WIDE]) {
    test(`unread notices are accessible in the ${scheme} scheme at ${viewport.width} pixels`, async (t) => {
      const post = await server.post("andrewbrown", "A crud that many like.");
      for (const handle of ["mei_lin", "kaia_p"]) await react(handle, "like", post);
      await react("mei_lin", "repost", post);
      await reply("bayko", post, "I like it too.");
      const page = await openPage(t, browser, { scheme, viewport });
      await signIn(page, server, "Andrew Brown");
      await page.getByRole("link", { name: /Notices \d+ unread/ }).waitFor();
      await page.getByRole("article").first().waitFor();
      await assertAccessible(page, "home with unread notices");
      await link(page).click();
      await page.getByText("Unread:").first().waitFor();
      await assertAccessible(page, "unread notices");
    });
  }
}

test("all notices that came while the page did not ask are shown, the latest first", async (t) => {
  const post = await server.post("tunde_a", "Who sings?");
  await markAllRead("tunde_a");
  const page = await openPage(t, browser);
  await page.route("**/api/live?*", (route) => route.fulfill({ status: 404, json: ["route_not_found"] }));
  await signIn(page, server, "Tunde Adeyemi");
  await link(page).click();
  await page.getByRole("heading", { name: "Notices" }).waitFor();
  for (let number = 1; number <= 25; number += 1) await reply("kaia_p", post, `Voice ${number}.`);
  await check(page);
  const replies = page.locator(".notice-item").filter({ hasText: "Kaia Parata replied to you" });
  await until(async () => await replies.count() === 25, "all are shown");
  const texts = await replies.locator(".user-text").allTextContents();
  assert.deepEqual(texts, Array.from({ length: 25 }, (_, index) => `Voice ${25 - index}.`));
  await until(async () => await unread("tunde_a") === 0, "all are read");
});
