// Unsent texts: each belongs to one user and one conversation, reply or home, and none is lost or sent twice.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage, signIn, signInByLink } from "./support/browser.js";
import { Server } from "./support/server.js";

let browser;
let server;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
  const andrew = await server.token("andrewbrown");
  for (const handle of ["ingrid_s", "OldPete"]) {
    await server.call("POST", "/api/messages", { message: `Hello, ${handle}.`, handle }, andrew);
  }
});

after(async () => {
  await browser?.close();
  await server?.end();
});

const composer = (page) => page.getByRole("textbox", { name: "What is going on?" });
const crudButton = (page) => page.getByRole("button", { name: "Crud", exact: true });
const message = (page) => page.getByRole("textbox", { name: "Message" });
const articleWith = (page, text) => page.getByRole("article").filter({ hasText: text }).first();
/** Waits until the client has emptied a text field, which shows its placeholder then. */
const emptied = (field) => field.and(field.page().locator(":placeholder-shown")).waitFor();
const storedTexts = (page) => page.evaluate(() => sessionStorage.length);

async function openConversation(page, name) {
  await page.getByRole("link", { name: "Messages", exact: true }).first().click();
  await page.getByRole("heading", { name: "Messages" }).waitFor();
  await page.getByRole("link", { name }).click();
  await page.getByRole("listitem").filter({ hasText: "Hello" }).first().waitFor();
}

async function openReply(page, text) {
  const post = articleWith(page, text);
  await post.getByRole("button", { name: "Reply" }).first().click();
  return post.getByRole("textbox", { name: /^Reply to/ });
}

/** Records the idempotency keys and bodies of the requests for new cruds. */
function recordCruds(page) {
  const requests = [];
  page.on("request", (request) => {
    if (request.method() !== "POST" || !request.url().endsWith("/api/activities")) return;
    requests.push({ key: request.headers()["idempotency-key"], ...request.postDataJSON() });
  });
  return requests;
}

test("a half-written message appears only in its own conversation", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Andrew Brown");
  await openConversation(page, /Ingrid Solheim/);
  await message(page).fill("Only for Ingrid.");
  await openConversation(page, /Pete Kowalski/);
  assert.equal(await message(page).inputValue(), "");
  await message(page).fill("Only for Pete.");
  await openConversation(page, /Ingrid Solheim/);
  assert.equal(await message(page).inputValue(), "Only for Ingrid.");
});

test("a half-written message appears in its conversation wherever the user opens that from", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Andrew Brown");
  await page.goto(`${server.url}/@Ingrid_S`);
  await page.getByRole("link", { name: "Message", exact: true }).click();
  await message(page).fill("Begun on her page.");
  await openConversation(page, /Ingrid Solheim/);
  assert.equal(await message(page).inputValue(), "Begun on her page.");
});

test("a half-written reply appears only below the crud that it answers", async (t) => {
  await server.post("kaia_p", "First crud of Kaia.");
  await server.post("kaia_p", "Second crud of Kaia.");
  const page = await openPage(t, browser);
  await signIn(page, server, "Samir Haddad");
  await (await openReply(page, "First crud of Kaia.")).fill("To the first.");
  assert.equal(await (await openReply(page, "Second crud of Kaia.")).inputValue(), "");
  assert.equal(await composer(page).inputValue(), "");
  await page.getByRole("link", { name: "Search" }).click();
  await page.getByRole("link", { name: "Home" }).click();
  assert.equal(await (await openReply(page, "First crud of Kaia.")).inputValue(), "To the first.");
});

test("signing out deletes every half-written text", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Andrew Brown");
  await openConversation(page, /Ingrid Solheim/);
  await message(page).fill("A secret for Ingrid.");
  await page.getByRole("link", { name: "Home" }).click();
  await composer(page).fill("A thought of Andrew.");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("to write a crud.").waitFor();
  assert.equal(await storedTexts(page), 0);

  await signInByLink(page, "Pete Kowalski");
  assert.equal(await composer(page).inputValue(), "");
  await openConversation(page, /Andrew Brown/);
  assert.equal(await message(page).inputValue(), "");

  await page.getByRole("button", { name: "Sign out" }).click();
  await signInByLink(page, "Andrew Brown");
  assert.equal(await composer(page).inputValue(), "");
});

test("a half-written text does not appear for another user who signs in without a sign-out before", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Andrew Brown");
  await composer(page).fill("A thought of Andrew.");
  await signIn(page, server, "Mei Lin");
  await page.getByRole("link", { name: "@mei_lin" }).first().waitFor();
  assert.equal(await composer(page).inputValue(), "");
});

test("a half-written crud and its time to live survive a reload", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Sofía Reyes");
  await composer(page).fill("Not finished.");
  await page.getByRole("combobox", { name: "Expires in" }).selectOption("3-hours");
  await page.reload();
  assert.equal(await composer(page).inputValue(), "Not finished.");
  assert.equal(await page.getByRole("combobox", { name: "Expires in" }).inputValue(), "3-hours");
});

test("a text that was refused because the session had ended is there after the same user signs in again", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Tunde Adeyemi");
  await page.route("**/api/messages", (route) => route.fulfill({ status: 401, json: ["generic_401"] }));
  await page.goto(`${server.url}/messages/@ingrid_s`);
  await message(page).fill("Refused at first.");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Sign in to do this.").waitFor();
  await page.unroute("**/api/messages");

  // Without a token, the server would take it as a message of the development identity, andrewbrown.
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Sign in to do this.").waitFor();
  await signIn(page, server, "Tunde Adeyemi");
  await page.goto(`${server.url}/messages/@ingrid_s`);
  assert.equal(await message(page).inputValue(), "Refused at first.");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".own").getByText("Refused at first.").waitFor();
  const texts = async (handle) => {
    const conversation = await server.call("GET", "/api/messages/@ingrid_s", undefined, await server.token(handle));
    return conversation.map(({ message: text }) => text);
  };
  assert.deepEqual(await texts("tunde_a"), ["Refused at first."]);
  assert.ok(!(await texts("andrewbrown")).includes("Refused at first."));
});

test("a crud whose response was lost is stored once, even if the user leaves the page before the second attempt", async (t) => {
  const page = await openPage(t, browser);
  const requests = recordCruds(page);
  await signIn(page, server, "Priya Natarajan");
  await page.route("**/api/activities", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await composer(page).fill("Stored once.");
  await crudButton(page).click();
  await page.getByText("Unsent text is kept").waitFor();
  await page.unroute("**/api/activities");

  await page.getByRole("link", { name: "Search" }).click();
  await page.getByRole("link", { name: "Home" }).click();
  await crudButton(page).click();
  await emptied(composer(page));
  await articleWith(page, "Stored once.").waitFor();
  assert.equal(requests.length, 2);
  assert.equal(requests[0].key, requests[1].key);
  const cruds = await server.call("GET", "/api/activities/@priya_n");
  assert.equal(cruds.filter((crud) => crud.message === "Stored once.").length, 1);
});

test("a second attempt with another time to live is a request of its own", async (t) => {
  const page = await openPage(t, browser);
  const requests = recordCruds(page);
  await signIn(page, server, "Ingrid Solheim");
  await page.route("**/api/activities", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await composer(page).fill("Shorter on the second attempt.");
  await crudButton(page).click();
  await page.getByText("Unsent text is kept").waitFor();
  await page.unroute("**/api/activities");

  await page.getByRole("combobox", { name: "Expires in" }).selectOption("1-hour");
  await crudButton(page).click();
  await emptied(composer(page));
  await articleWith(page, "Shorter on the second attempt.").waitFor();
  assert.deepEqual(requests.map(({ ttl }) => ttl), ["7-days", "1-hour"]);
  assert.notEqual(requests[0].key, requests[1].key);
});

test("the same text can be posted again after it was stored", async (t) => {
  const page = await openPage(t, browser);
  const requests = recordCruds(page);
  await signIn(page, server, "Kaia Parata");
  for (const count of [1, 2]) {
    await composer(page).fill("Again and again.");
    await crudButton(page).click();
    await page.getByRole("article").filter({ hasText: "Again and again." }).nth(count - 1).waitFor();
  }
  assert.notEqual(requests[0].key, requests[1].key);
});

test("words that a user adds while a crud is being sent are kept", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Andrew Bayko");
  const { promise: typed, resolve: release } = deferred();
  await page.route("**/api/activities", async (route) => {
    await typed;
    await route.continue();
  });
  await composer(page).fill("Sent.");
  await crudButton(page).click();
  await composer(page).fill("Sent. And more.");
  assert.ok(await crudButton(page).isDisabled());
  release();
  await page.getByRole("article").first().getByText("Sent.", { exact: true }).waitFor();
  assert.equal(await composer(page).inputValue(), "Sent. And more.");
  assert.ok(await crudButton(page).isEnabled());
});

function deferred() {
  let resolve;
  const promise = new Promise((done) => { resolve = done; });
  return { promise, resolve };
}
