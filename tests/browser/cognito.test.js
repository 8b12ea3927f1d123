// Sign-in and sign-out through Cognito's hosted UI, which support/cognito.js emulates.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { launch, openPage } from "./support/browser.js";
import { Cognito } from "./support/cognito.js";
import { Server } from "./support/server.js";

let browser;
let cognito;
let server;

/** The scopes of the app client that docs/guide/cognito.md tells an operator to create. */
async function documentedScopes() {
  const page = await readFile(new URL("../../docs/guide/cognito.md", import.meta.url), "utf8");
  const [row] = page.split("\n").filter((line) => line.startsWith("| OAuth scopes"));
  return row.split("|")[2].match(/[\w.]+/g);
}

before(async () => {
  cognito = await Cognito.start("demo:ingrid_s", await documentedScopes());
  [browser, server] = await Promise.all([launch(), Server.start(cognito.settings)]);
});

after(async () => {
  await browser?.close();
  await server?.end();
  cognito?.end();
});

test("a user signs in through Cognito's hosted UI, posts, and signs out", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(server.url);
  await page.getByRole("link", { name: "Sign in" }).first().click();
  await page.getByRole("button", { name: "Go to sign-in" }).click();
  await page.getByRole("link", { name: "@ingrid_s", exact: true }).waitFor();
  assert.equal(cognito.authorizeQuery.code_challenge_method, "S256");
  assert.equal(cognito.authorizeQuery.redirect_uri, `${server.url}/sign-in`);
  // Neither the authorization code nor the state stays in the URL or in session storage.
  assert.equal(page.url(), `${server.url}/`);
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);

  await page.getByRole("textbox", { name: "What is going on?" }).fill("Signed and sealed.");
  await page.getByRole("button", { name: "Crud", exact: true }).click();
  await page.getByRole("article").first().getByText("Signed and sealed.").waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Go to sign-in" }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.length), 0);
});

test("the client requests exactly the scopes that the guide tells an operator to allow", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(`${server.url}/sign-in`);
  await page.getByRole("button", { name: "Go to sign-in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  assert.deepEqual(cognito.authorizeQuery.scope.split(" ").sort(), [...cognito.scopes].sort());
});

test("a user of the pool who has no row yet signs in with the documented scopes and posts", async (t) => {
  cognito.subject = "a-new-user";
  t.after(() => { cognito.subject = "demo:ingrid_s"; });
  const page = await openPage(t, browser);
  await page.goto(`${server.url}/sign-in`);
  await page.getByRole("button", { name: "Go to sign-in" }).click();
  await page.getByRole("textbox", { name: "What is going on?" }).fill("My first crud.");
  await page.getByRole("button", { name: "Crud", exact: true }).click();
  await page.getByRole("article").first().getByText("My first crud.").waitFor();
});

test("an authorization code that this tab did not request is ignored", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(`${server.url}/sign-in?code=a-code&state=of-another-tab`);
  await page.getByRole("button", { name: "Go to sign-in" }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.length), 0);
});
