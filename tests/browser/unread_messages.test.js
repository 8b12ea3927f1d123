// The number of conversations with unseen messages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, launch, openPage, PHONE, signIn } from "./support/browser.js";
import { Server } from "./support/server.js";

let browser;
let server;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
});

after(async () => {
  await browser?.close();
  await server?.end();
});

const link = (page) => page.getByRole("navigation", { name: "Cruddur" }).getByRole("link", { name: /^Messages/ });
const linkWith = (page, name) => page.getByRole("link", { name, exact: true });
const check = (page) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));

async function write(from, to, message) {
  return server.call("POST", "/api/messages", { message, handle: to }, await server.token(from));
}

test("the navigation shows how many conversations have new messages until they were seen", async (t) => {
  await write("bayko", "mei_lin", "Written before she signed in.");
  const page = await openPage(t, browser, { viewport: PHONE });
  await signIn(page, server, "Mei Lin");
  await page.getByRole("article").first().waitFor();
  await linkWith(page, "Messages").waitFor();
  await write("kaia_p", "mei_lin", "Low tide at six.");
  await write("kaia_p", "mei_lin", "High tide at noon.");
  await write("OldPete", "mei_lin", "The radio hums.");
  await check(page);
  await linkWith(page, "Messages 2 unread").waitFor();
  await assertAccessible(page, "home with unread messages");
  await page.reload();
  await linkWith(page, "Messages 2 unread").waitFor();

  await link(page).click();
  await page.getByRole("link", { name: /High tide at noon/ }).click();
  await page.getByText("High tide at noon.").waitFor();
  await linkWith(page, "Messages 1 unread").waitFor();
  await page.reload();
  await linkWith(page, "Messages 1 unread").waitFor();
});

test("what the user writes in another browser is not unread", async (t) => {
  const page = await openPage(t, browser);
  await write("sofia_r", "samir_h", "Are you there?");
  await signIn(page, server, "Samir Haddad");
  await linkWith(page, "Messages").waitFor();
  await write("samir_h", "sofia_r", "Yes.");
  await write("kaia_p", "samir_h", "Me too.");
  await check(page);
  await linkWith(page, "Messages 1 unread").waitFor();
});

test("the list of conversations shows a new message at its top without a reload, and keeps the focus", async (t) => {
  await write("ingrid_s", "andrewbrown", "There is jam.");
  await write("kaia_p", "andrewbrown", "There is fish.");
  const page = await openPage(t, browser);
  await signIn(page, server, "Andrew Brown");
  await link(page).click();
  await page.getByRole("link", { name: /There is fish/ }).focus();
  await write("ingrid_s", "andrewbrown", "There is more jam.");
  await check(page);
  await page.locator(".feed > li").first().getByText("There is more jam.").waitFor();
  assert.equal(await page.getByRole("link", { name: /Ingrid Solheim/ }).count(), 1);
  await page.getByRole("link", { name: /There is fish/ }).and(page.locator(":focus")).waitFor();
});

test("signing out forgets what was seen", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Kaia Parata");
  await page.getByRole("article").first().waitFor();
  await write("OldPete", "kaia_p", "A valve, perhaps.");
  await check(page);
  await linkWith(page, "Messages 1 unread").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await linkWith(page, "Messages").waitFor();
  assert.equal(await page.evaluate(() => localStorage.length), 0);
});
