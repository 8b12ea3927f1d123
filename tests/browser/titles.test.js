// The titles of the pages: the server writes one into the page that a browser loads, the script the same one
// when the user has followed links to it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage, signIn } from "./support/browser.js";
import { Server, until } from "./support/server.js";

let browser;
let server;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
});

after(async () => {
  await browser?.close();
  await server?.end();
});

/** The title in the server's HTML. */
async function servedTitle(address) {
  const response = await fetch(server.url + address, { headers: { Accept: "text/html" } });
  const html = await response.text();
  const references = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return html.match(/<title>(.*)<\/title>/)[1].replace(/&(\w+|#39);/g, (_, name) => references[name]);
}

const hasTitle = (page, title) => until(async () => (await page.title()) === title, `the title is ${title}`);

test("a user and a thread have the same title from the server and from the script", async (t) => {
  const page = await openPage(t, browser);
  const long = `A & B <c> "d" 'e' \u202Ef\n\n ${"🍒".repeat(80)}`;
  const thread = ({ handle, uuid }) => `/@${handle}/status/${uuid}`;
  const addresses = ["/@ingrid_s", thread(await server.post("samir_h", long)), thread(await server.post("kaia_p", "Tea?"))];
  const expected = ["Ingrid Solheim (@ingrid_s) · Cruddur", null, "Kaia Parata: “Tea?” · Cruddur"];
  for (const [index, address] of addresses.entries()) {
    const served = await servedTitle(address);
    if (expected[index]) assert.equal(served, expected[index]);
    await page.goto(server.url + address);
    assert.equal(await page.title(), served);
    await page.getByRole("article").first().waitFor();
    await hasTitle(page, served);
  }
});

test("every page has a title of its own", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Andrew Brown");
  const message = { message: "Is there jam?", handle: "andrewbrown" };
  await server.call("POST", "/api/messages", message, await server.token("ingrid_s"));
  for (const [address, title] of [
    ["/", "Home"],
    ["/search", "Search"],
    ["/search?q=lemon%20cake", "Search for “lemon cake”"],
    ["/notifications", "Notices"],
    ["/messages", "Messages"],
    ["/messages/@ingrid_s", "Conversation with Ingrid Solheim"],
    ["/sign-in", "Sign in"],
    ["/@andrewbrown", "Andrew Brown (@andrewbrown)"],
  ]) {
    await page.goto(server.url + address);
    // The server's page has no heading, so the title is the script's.
    await page.locator("main h1").first().waitFor();
    await hasTitle(page, `${title} · Cruddur`);
  }
});

test("the title follows the links of a user", async (t) => {
  const crud = await server.post("bayko", "Follow me home.");
  const page = await openPage(t, browser);
  await page.goto(server.url);
  const post = page.getByRole("article").filter({ hasText: "Follow me home." }).first();
  await post.locator("a.age").first().click();
  await hasTitle(page, "Andrew Bayko: “Follow me home.” · Cruddur");
  // The server's link names the page that was loaded first, and a browser would share that.
  assert.equal(await page.locator("link[rel=canonical]").count(), 0);
  await page.getByRole("article").first().getByRole("link", { name: "Andrew Bayko" }).click();
  await hasTitle(page, "Andrew Bayko (@bayko) · Cruddur");
  await page.goBack();
  await hasTitle(page, "Andrew Bayko: “Follow me home.” · Cruddur");
  assert.equal(new URL(page.url()).pathname, `/@bayko/status/${crud.uuid}`);
  await page.goBack();
  await hasTitle(page, "Home · Cruddur");
});
