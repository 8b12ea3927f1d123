// Signing in through Cognito's hosted page, and out of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, tab } from "./support/browser.js";
import { Cognito } from "./support/cognito.js";
import { Server } from "./support/server.js";

let browser;
let cognito;
let server;

before(async () => {
  cognito = await Cognito.start("demo:ingrid_s");
  [browser, server] = await Promise.all([launch(), Server.start(cognito.settings)]);
});

after(async () => {
  await browser?.close();
  await server?.end();
  cognito?.end();
});

test("one goes to the hosted page, comes back as oneself, and leaves", async (t) => {
  const page = await tab(t, browser);
  await page.goto(server.url);
  await page.getByRole("link", { name: "Sign in" }).first().click();
  await page.getByRole("button", { name: "Go to sign-in" }).click();
  await page.getByRole("link", { name: "@ingrid_s", exact: true }).waitFor();
  assert.equal(cognito.asked.code_challenge_method, "S256");
  assert.equal(cognito.asked.redirect_uri, `${server.url}/sign-in`);
  // Neither the code nor the state stays in the address or in the tab.
  assert.equal(page.url(), `${server.url}/`);
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);

  await page.getByRole("textbox", { name: "What is going on?" }).fill("Signed and sealed.");
  await page.getByRole("button", { name: "Crud", exact: true }).click();
  await page.getByRole("article").first().getByText("Signed and sealed.").waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Go to sign-in" }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.length), 0);
});

test("a code that this tab did not ask for signs nobody in", async (t) => {
  const page = await tab(t, browser);
  await page.goto(`${server.url}/sign-in?code=a-code&state=of-somebody-else`);
  await page.getByRole("button", { name: "Go to sign-in" }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.length), 0);
});
