// A user's own account in the client: the download of their data, and its deletion.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { launch, openPage, signIn } from "./support/browser.js";
import { Server, until } from "./support/server.js";

let browser;
let server;

before(async () => {
  // The client works with both forms of a user's page; the other tests run with the other one.
  [browser, server] = await Promise.all([launch(), Server.start({ CLIENT_GENERATION: "final" })]);
});

after(async () => {
  await browser?.close();
  await server?.end();
});

async function openOwnPage(t, name, handle) {
  const page = await openPage(t, browser);
  await signIn(page, server, name);
  await page.goto(`${server.url}/@${handle}`);
  return page;
}

test("a user's page shows the cruds with CLIENT_GENERATION=final, too", async (t) => {
  const token = await server.token("tunde_a");
  for (let number = 1; number <= 25; number += 1) {
    await server.call("POST", "/api/activities", { message: `Number ${number} of 25`, ttl: "1-day" }, token);
  }
  const page = await openPage(t, browser);
  await page.goto(`${server.url}/@tunde_a`);
  await page.getByText("Number 25 of 25").waitFor();
  await until(async () => {
    await page.mouse.wheel(0, 4_000);
    return page.getByText("Number 1 of 25").isVisible();
  }, "the second page is shown");
});

test("a user downloads their data as a file", async (t) => {
  await server.post("priya_n", "To be downloaded.");
  const page = await openOwnPage(t, "Priya Natarajan", "priya_n");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download my data" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "cruddur-priya_n.ndjson");
  const text = await readFile(await download.path(), "utf8");
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines[0].handle, "priya_n");
  assert.ok(lines.some(({ type, message }) => type === "activity" && message === "To be downloaded."));
  assert.deepEqual(lines.at(-1), { type: "end", lines: lines.length - 1 });
});

test("a download that breaks off is reported and no file is saved", async (t) => {
  const page = await openOwnPage(t, "Samir Haddad", "samir_h");
  await page.route("**/api/profile/export", (route) => route.fulfill({ body: '{"type":"profile"}\n' }));
  page.on("download", () => assert.fail("a file was saved"));
  await page.getByRole("button", { name: "Download my data" }).click();
  await page.getByRole("alert").getByText("did not arrive completely").waitFor();
  await page.unroute("**/api/profile/export");
});

test("another user's page has no button to delete the account", async (t) => {
  const page = await openOwnPage(t, "Samir Haddad", "bayko");
  await page.getByRole("link", { name: "Message", exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: /account|data/ }).count(), 0);
});

test("a user deletes their account by typing the handle, and is signed out", async (t) => {
  await server.post("kaia_p", "The last crud of kaia_p.");
  const page = await openOwnPage(t, "Kaia Parata", "kaia_p");
  const open = () => page.getByRole("button", { name: "Delete my account" }).click();
  const dialog = page.getByRole("dialog");
  const field = dialog.getByRole("textbox", { name: "Type kaia_p to confirm" });

  await open();
  await field.fill("kaia_p");
  await field.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await open();
  await field.fill("kaia");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByText("This is not your handle.").waitFor();
  await server.call("GET", "/api/users/@kaia_p");

  await open();
  await field.fill("KAIA_P");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await page.getByRole("link", { name: "Sign in" }).first().waitFor();
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0]);
  assert.equal(await page.getByText("The last crud of kaia_p.").count(), 0);
  await assert.rejects(server.call("GET", "/api/users/@kaia_p"), /user_not_found/);
});

test("a conversation with a deleted account shows one's own messages and no name", async (t) => {
  const [pete, mei] = [await server.token("OldPete"), await server.token("mei_lin")];
  await server.call("POST", "/api/messages", { message: "Is the wall dry?", handle: "mei_lin" }, pete);
  await server.call("POST", "/api/messages", { message: "Not yet.", handle: "OldPete" }, mei);
  await server.call("DELETE", "/api/profile", { confirm: "mei_lin" }, mei);
  const page = await openPage(t, browser);
  await signIn(page, server, "Pete Kowalski");
  await page.getByRole("link", { name: "Messages" }).click();
  await page.getByRole("link", { name: /Deleted user.*Is the wall dry/ }).click();
  await page.getByText("Is the wall dry?").waitFor();
  assert.equal(await page.getByText("Not yet.").count(), 0);
  assert.equal(await page.getByText("mei_lin").count(), 0);
});
