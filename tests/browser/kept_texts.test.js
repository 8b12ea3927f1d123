// Texts that are being written when their session ends, or when what they answer goes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, chooseUser, launch, openPage, PHONE, signIn } from "./support/browser.js";
import { expireIn } from "./support/database.js";
import { PsqlSession } from "./support/psql.js";
import { Server } from "./support/server.js";

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

const articleWith = (page, text) => page.getByRole("article").filter({ hasText: text }).first();
const composer = (page) => page.getByRole("textbox", { name: "What is going on?" });
const ended = (page) => page.getByRole("alert").filter({ hasText: "Your session has ended. What you have written is kept." });
const check = (page) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));

/** The server accepts the token of the page no longer. */
async function endSession(page) {
  await page.route("**/api/**", (route) => {
    const isWithToken = route.request().headers().authorization !== undefined;
    return isWithToken ? route.fulfill({ status: 401, json: ["generic_401"] }) : route.fallback();
  });
}

async function openReply(page, text) {
  await articleWith(page, text).getByRole("button", { name: "Reply" }).first().click();
  return page.getByRole("textbox", { name: /^Reply to/ });
}

test("a session that ends while a crud is written says so, keeps the text, and goes on after signing in again", async (t) => {
  const page = await openPage(t, browser, { viewport: PHONE });
  await signIn(page, server, "Ingrid Solheim");
  await composer(page).fill("Half of a thought");
  await endSession(page);
  await check(page);
  await ended(page).waitFor();
  await assertAccessible(page, "home after the end of a session");
  await composer(page).press("End");
  await page.keyboard.type(", and the other half.");
  await page.getByRole("button", { name: "Crud", exact: true }).click();
  await page.getByText("Sign in to do this.").waitFor();

  await page.unroute("**/api/**");
  await page.getByRole("link", { name: "Sign in again" }).click();
  await chooseUser(page, "Ingrid Solheim");
  await ended(page).waitFor({ state: "hidden" });
  assert.equal(await composer(page).inputValue(), "Half of a thought, and the other half.");
  await page.getByRole("button", { name: "Crud", exact: true }).click();
  await page.getByRole("article").first().getByText("and the other half.").waitFor();
});

test("after the end of a session, signing in returns to the thread with its reply", async (t) => {
  const post = await server.post("bayko", "Answer me in my thread.");
  const page = await openPage(t, browser);
  await signIn(page, server, "Mei Lin");
  await page.goto(`${server.url}/@bayko/status/${post.uuid}`);
  await (await openReply(page, "Answer me")).fill("In a minute.");
  await endSession(page);
  await check(page);
  await ended(page).waitFor();
  assert.equal(await page.getByRole("textbox", { name: /^Reply to/ }).inputValue(), "In a minute.");
  await page.unroute("**/api/**");
  await page.getByRole("link", { name: "Sign in again" }).click();
  await chooseUser(page, "Mei Lin");
  await page.getByRole("heading", { name: "Thread" }).waitFor();
  assert.equal(await (await openReply(page, "Answer me")).inputValue(), "In a minute.");
});

test("signing out says nothing of a session that has ended", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Mei Lin");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("to write a crud.").waitFor();
  assert.ok(await ended(page).isHidden());
});

test("a reply to a crud that expires while it is written keeps its text and the focus, and says why", async (t) => {
  const post = await server.post("kaia_p", "Answer me quickly.");
  await expireIn(database, post, 5);
  const page = await openPage(t, browser);
  await signIn(page, server, "Samir Haddad");
  const field = await openReply(page, "Answer me quickly.");
  await field.fill("I need a little longer");
  await page.getByText("This crud has expired, so it cannot be answered any more.").waitFor();
  await page.keyboard.type(" than that.");
  assert.equal(await field.inputValue(), "I need a little longer than that.");
  assert.equal(await page.getByText("Answer me quickly.").count(), 0);
  const kept = page.getByRole("article", { name: "Your reply" });
  assert.equal(await kept.getByRole("button", { name: "Reply to Kaia Parata" }).count(), 0);
  await assertAccessible(page, "a reply to an expired crud");

  await page.getByRole("button", { name: "Discard the text" }).click();
  await field.waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
});

test("a reply that the server refuses because its crud is gone keeps its text", async (t) => {
  const post = await server.post("kaia_p", "Deleted meanwhile.");
  const page = await openPage(t, browser);
  // Without the live stream the page does not know yet.
  await page.route("**/api/live?*", (route) => route.fulfill({ status: 404, json: ["route_not_found"] }));
  await signIn(page, server, "Samir Haddad");
  const field = await openReply(page, "Deleted meanwhile.");
  await field.fill("Too late.");
  await server.call("DELETE", `/api/activities/${post.uuid}`, undefined, await server.token("kaia_p"));
  await articleWith(page, "Deleted meanwhile.").getByRole("button", { name: "Reply to Kaia Parata" }).last().click();
  await page.getByText("This crud has expired or was deleted, so it cannot be answered any more.").waitFor();
  assert.equal(await field.inputValue(), "Too late.");
});

test("a reply below a reply is kept when the crud above both of them is deleted", async (t) => {
  const post = await server.post("kaia_p", "The root.");
  const path = `/api/activities/${post.uuid}/reply`;
  await server.call("POST", path, { message: "The branch." }, await server.token("mei_lin"));
  const page = await openPage(t, browser);
  await signIn(page, server, "Kaia Parata");
  const branch = page.getByRole("article").filter({ hasText: "The branch." }).last();
  await branch.getByRole("button", { name: "Reply" }).click();
  const field = page.getByRole("textbox", { name: /^Reply to/ });
  await field.fill("The leaf.");
  await articleWith(page, "The root.").getByRole("button", { name: "Delete" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("This crud was deleted, so it cannot be answered any more.").waitFor();
  assert.equal(await field.inputValue(), "The leaf.");
  assert.equal(await page.getByText("The root.").count(), 0);
});

test("the page of an expired thread shows the reply that was begun there", async (t) => {
  const post = await server.post("kaia_p", "Only a thread.");
  const page = await openPage(t, browser);
  await signIn(page, server, "Samir Haddad");
  await page.goto(`${server.url}/@kaia_p/status/${post.uuid}`);
  await (await openReply(page, "Only a thread.")).fill("Begun in time.");
  await page.getByRole("link", { name: "Search" }).click();
  await expireIn(database, post, -1);
  await page.goBack();
  await page.getByText("It had its time").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Your reply" }).inputValue(), "Begun in time.");
  await page.getByRole("button", { name: "Discard the text" }).click();
  await page.getByRole("textbox", { name: "Your reply" }).waitFor({ state: "detached" });
});
