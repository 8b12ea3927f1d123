// The console, used as an operator would.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, tab } from "./support/browser.js";
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

/** Signs in by hand and goes to a page. */
async function operate(t, place) {
  const page = await tab(t, browser);
  await page.goto(`${server.url}/console`);
  await page.getByLabel("Admin token").fill(await server.adminToken());
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: place }).click();
  await page.getByRole("heading", { name: place }).waitFor();
  return page;
}

test("a wrong token opens nothing, and is not kept", async (t) => {
  const page = await tab(t, browser);
  await page.goto(`${server.url}/console/audit`);
  await page.getByLabel("Admin token").fill("x".repeat(32));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("That is not the token.").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
});

test("the status shows how the server is, and the charts move", async (t) => {
  const page = await operate(t, "Status");
  await page.getByText("embedded, a child of this server").waitFor();
  await page.getByText("reachable").waitFor();
  await page.getByRole("img", { name: /^Requests in a second: now \d/ }).waitFor();
  await page.getByRole("img", { name: /^Latency.*: now .* ms/ }).waitFor();
});

test("a dry run of the migrations changes nothing, and says so", async (t) => {
  const page = await operate(t, "Migrations");
  await page.getByRole("cell", { name: "create users" }).waitFor();
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByText("Dry run: nothing is pending, nothing would be applied.").waitFor();
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText("Nothing is pending.", { exact: true }).waitFor();
});

test("what an operator does stands in the audit", async (t) => {
  const page = await operate(t, "Audit");
  await page.getByRole("cell", { name: "GET /admin/status" }).first().waitFor();
});

test("signing out forgets the token", async (t) => {
  const page = await operate(t, "Status");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Admin token").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
});
