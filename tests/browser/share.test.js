// Sharing a crud: the operating system's dialog where the browser has one, else the clipboard.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage, PHONE } from "./support/browser.js";
import { Server } from "./support/server.js";

let browser;
let server;
let crud;
let reply;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
  crud = await server.post("kaia_p", "Worth passing on.");
  const token = await server.token("bayko");
  reply = await server.call("POST", `/api/activities/${crud.uuid}/reply`, { message: "Passed on." }, token);
});

after(async () => {
  await browser?.close();
  await server?.end();
});

const address = ({ handle, uuid }) => `${server.url}/@${handle}/status/${uuid}`;
const shareButton = (page, name) => page.getByRole("button", { name: `Share the crud by ${name}` }).first();

test("every crud and every reply has a button that copies its absolute address and says so", async (t) => {
  const page = await openPage(t, browser, { permissions: ["clipboard-read", "clipboard-write"], viewport: PHONE });
  await page.goto(server.url);
  await page.getByText("Worth passing on.").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Share/ }).count(), await page.getByRole("article").count());
  for (const [name, activity] of [["Kaia Parata", crud], ["Andrew Bayko", reply]]) {
    await shareButton(page, name).click();
    await page.getByRole("status").getByText("The address is copied.").waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), address(activity));
  }
});

test("the confirmation is in a live region that was there before, and disappears", async (t) => {
  const page = await openPage(t, browser, { permissions: ["clipboard-write"] });
  await page.clock.install();
  await page.goto(address(crud));
  await page.getByText("Worth passing on.").waitFor();
  const regions = await page.getByRole("status").count();
  await shareButton(page, "Kaia Parata").click();
  const confirmation = page.getByText("The address is copied.");
  await confirmation.waitFor();
  assert.equal(await page.getByRole("status").count(), regions);
  await page.clock.runFor(10_000);
  await confirmation.waitFor({ state: "detached" });
});

test("where the browser has a share dialog, the button opens it and copies nothing", async (t) => {
  const page = await openPage(t, browser);
  await page.addInitScript(() => {
    globalThis.shared = [];
    navigator.share = async (data) => { globalThis.shared.push(data); };
    navigator.clipboard.writeText = () => { throw new Error("copied"); };
  });
  await page.goto(address(crud));
  await shareButton(page, "Kaia Parata").click();
  assert.deepEqual(await page.evaluate(() => globalThis.shared), [{ title: "A crud by Kaia Parata", url: address(crud) }]);
  assert.equal(await page.locator(".shared").count(), 0);
});

test("a share dialog that the user closes is no error, and one that fails copies the address", async (t) => {
  const page = await openPage(t, browser, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.addInitScript(() => {
    globalThis.reason = "AbortError";
    navigator.share = async () => { throw new DOMException("", globalThis.reason); };
  });
  await page.goto(address(crud));
  await shareButton(page, "Kaia Parata").click();
  assert.equal(await page.locator(".shared").count(), 0);
  await page.evaluate(() => { globalThis.reason = "NotAllowedError"; });
  await shareButton(page, "Kaia Parata").click();
  await page.getByText("The address is copied.").waitFor();
});

test("without access to the clipboard the address is shown until the user closes it", async (t) => {
  const page = await openPage(t, browser);
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
  });
  await page.goto(address(crud));
  await shareButton(page, "Kaia Parata").click();
  await page.getByText(`Copy this address: ${address(crud)}`).waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  assert.equal(await page.locator(".shared").count(), 0);
});
