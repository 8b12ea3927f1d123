// What a screen reader reads without being asked, and by which names it finds the buttons.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage, signIn } from "./support/browser.js";
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

/** Whether a screen reader reads changes of the element: the closest live region decides. */
function isAnnounced(element) {
  const roles = { status: "polite", alert: "assertive", log: "polite" };
  for (let node = element; node; node = node.parentElement) {
    const implicit = node.localName === "output" ? "polite" : roles[node.getAttribute("role")];
    const live = node.getAttribute("aria-live") ?? implicit;
    if (live) return live !== "off";
  }
  return false;
}

test("the character counter is read only near the limit, and only after a pause", async (t) => {
  const page = await openPage(t, browser);
  await page.clock.install();
  await signIn(page, server, "Ingrid Solheim");
  const field = page.getByRole("textbox", { name: "What is going on?" });
  const counter = page.getByLabel("Characters");
  const announcement = page.locator(".composer").getByRole("status").and(page.locator("span"));
  assert.equal(await counter.evaluate(isAnnounced), false);
  assert.equal(await announcement.evaluate(isAnnounced), true);

  await field.fill("x".repeat(200));
  await page.clock.runFor(5_000);
  assert.equal(await counter.textContent(), "200 / 280");
  assert.equal(await announcement.textContent(), "");

  for (const length of [265, 266, 267]) {
    await field.fill("x".repeat(length));
    await page.clock.runFor(500);
    assert.equal(await announcement.textContent(), "");
  }
  await page.clock.runFor(1_000);
  assert.equal(await announcement.textContent(), "13 characters left");
  await field.fill("x".repeat(281));
  await page.clock.runFor(1_000);
  assert.equal(await announcement.textContent(), "1 character too many");
  await field.fill("x");
  await page.clock.runFor(1_000);
  assert.equal(await announcement.textContent(), "");
});

test("times and counts that change are not read", async (t) => {
  const message = { message: "Low tide at six.", handle: "ingrid_s" };
  await server.call("POST", "/api/messages", message, await server.token("kaia_p"));
  const page = await openPage(t, browser);
  await signIn(page, server, "Ingrid Solheim");
  for (const [address, text] of [["/", "Dolphins in the bay"], ["/messages", "Low tide"], ["/messages/@kaia_p", "Low tide"]]) {
    await page.goto(server.url + address);
    await page.getByText(text).first().waitFor();
    const changing = page.locator("time, .expiry span, .actions span, .counter");
    assert.ok(await changing.count() > 0, address);
    for (const element of await changing.all()) {
      assert.equal(await element.evaluate(isAnnounced), false, `${address}: ${await element.textContent()}`);
    }
  }
});

test("a screen reader reads once that there are new cruds, not at each further one", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(server.url);
  await page.getByRole("article").first().waitFor();
  const announcement = page.locator(".new-cruds-bar").getByRole("status");
  await server.post("kaia_p", "The first new one.");
  const button = page.getByRole("button", { name: "1 new crud", exact: true });
  await button.waitFor();
  assert.equal(await announcement.textContent(), "There are new cruds.");
  await announcement.evaluate((element) => {
    globalThis.changes = 0;
    new MutationObserver(() => { changes += 1; }).observe(element, { childList: true, characterData: true, subtree: true });
  });
  await server.post("kaia_p", "The second new one.");
  const further = page.getByRole("button", { name: "2 new cruds" });
  await further.waitFor();
  assert.equal(await further.evaluate(isAnnounced), false);
  assert.equal(await page.evaluate(() => changes), 0);
});

test("a reply button says whose crud it answers, before and after there are replies", async (t) => {
  await server.post("kaia_p", "Say something back.");
  const page = await openPage(t, browser);
  await signIn(page, server, "Ingrid Solheim");
  const post = page.getByRole("article").filter({ hasText: "Say something back." }).first();
  await post.getByRole("button", { name: "Reply to Kaia Parata", exact: true }).click();
  await post.getByRole("textbox", { name: "Reply to Kaia Parata" }).fill("Something.");
  await post.getByRole("button", { name: "Reply to Kaia Parata", exact: true }).last().click();
  await post.getByRole("list", { name: "Replies" }).getByText("Something.").waitFor();
  await post.getByRole("button", { name: "1 reply. Reply to Kaia Parata", exact: true }).waitFor();
  await post.getByRole("button", { name: "Reply to Ingrid Solheim", exact: true }).waitFor();
  const names = await page.getByRole("button", { name: /repl/i }).evaluateAll((buttons) =>
    buttons.map((button) => button.ariaLabel));
  assert.ok(names.length > 20);
  for (const name of names) assert.match(name, /Reply to \S/);
});

test("the pages of messages say that messages do not expire", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Ingrid Solheim");
  for (const address of ["/messages", "/messages/@kaia_p"]) {
    await page.goto(server.url + address);
    await page.getByText("Messages do not expire").waitFor();
  }
});
