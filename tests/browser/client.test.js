// The client, used as a person would.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, signIn, visit } from "./support/browser.js";
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

/** A tab that must have had no trouble by the end of the test. */
async function tab(t, options) {
  const page = await visit(browser, options);
  t.after(async () => {
    await page.context().close();
    assert.deepEqual(page.troubles, []);
  });
  return page;
}

test("anybody can read home", async (t) => {
  const page = await tab(t);
  await page.goto(server.url);
  await page.getByText("Dolphins in the bay RIGHT NOW").waitFor();
  assert.equal(await page.title(), "Home · Cruddur");
});

test("who is signed in can post, and sees it on top", async (t) => {
  const page = await tab(t);
  await signIn(page, server, "Ingrid Solheim");
  await page.getByRole("textbox", { name: "What is going on?" }).fill("The garlic is in.");
  await page.getByRole("combobox", { name: "Gone in" }).selectOption("1-hour");
  await page.getByRole("button", { name: "Crud", exact: true }).click();
  const first = page.getByRole("article").first();
  await first.getByText("The garlic is in.").waitFor();
  assert.match(await first.innerText(), /59m/);
});
