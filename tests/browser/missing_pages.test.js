// The pages of what does not exist, opened by their address and reached by a link.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage } from "./support/browser.js";
import { Server } from "./support/server.js";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

let browser;
let server;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
});

after(async () => {
  await browser?.close();
  await server?.end();
});

/** Goes to an address by the client's own router, as a click on a link does. */
async function follow(page, address) {
  await page.evaluate((href) => {
    const link = document.createElement("a");
    link.href = href;
    document.getElementById("main").append(link);
    link.click();
  }, address);
}

for (const { name, address, status, heading, text, hasRoute } of [
  { name: "an unknown address", address: "/no/such/page", status: 404, heading: "There is nothing here", text: "This address does not exist." },
  { name: "an unknown user", address: "/@no_such_user", status: 404, heading: "There is no such user", text: "No user has this handle.", hasRoute: true },
  { name: "a crud that has gone", address: `/@bayko/status/${UNKNOWN}`, status: 410, heading: "It had its time", text: "This crud has expired or was deleted.", hasRoute: true },
]) {
  test(`${name} has status ${status} and a page that says so without asking the API`, async (t) => {
    const page = await openPage(t, browser);
    const requests = [];
    page.on("request", (request) => requests.push(new URL(request.url()).pathname));
    const response = await page.goto(server.url + address);
    assert.equal(response.status(), status);
    await page.getByRole("link", { name: "Sign in" }).waitFor();
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
    await page.getByText(text).waitFor();
    assert.equal(await page.title(), `${heading} · Cruddur`);
    assert.deepEqual(requests.filter((path) => path.startsWith("/api/") && path !== "/api/config"), []);
    await page.getByRole("main").getByRole("link", { name: "Home" }).click();
    await page.getByRole("article").first().waitFor();
  });

  test(`${name} is readable without scripts`, async (t) => {
    const page = await openPage(t, browser, { javaScriptEnabled: false });
    await page.goto(server.url + address);
    await page.getByRole("heading", { name: heading }).waitFor();
    await page.getByText(text).waitFor();
  });

  if (hasRoute) {
    test(`${name} has the same text when a link leads to it`, async (t) => {
      const page = await openPage(t, browser);
      await page.goto(server.url);
      await page.getByRole("article").first().waitFor();
      await follow(page, address);
      await page.getByRole("heading", { name: heading }).waitFor();
      await page.getByText(text).waitFor();
      assert.equal(await page.title(), `${heading} · Cruddur`);
    });
  }
}

test("a thread below another handle moves to its author's address, by the server and by a link", async (t) => {
  const crud = await server.post("bayko", "Mine, not theirs.");
  const page = await openPage(t, browser);
  const own = `/@bayko/status/${crud.uuid}`;
  await page.goto(`${server.url}/@mei_lin/status/${crud.uuid}`);
  await page.getByText("Mine, not theirs.").waitFor();
  assert.equal(new URL(page.url()).pathname, own);
  await page.goto(server.url);
  await page.getByRole("article").first().waitFor();
  await follow(page, `/@_/status/${crud.uuid}`);
  await page.getByRole("heading", { name: "Thread" }).waitFor();
  await page.getByText("Mine, not theirs.").waitFor();
  await page.waitForURL(`${server.url}${own}`);
});

test("the page of a crud that expires while it is read says so, in its title too", async (t) => {
  const crud = await server.post("bayko", "Going, going");
  const page = await openPage(t, browser);
  await page.route(`**/api/activities/${crud.uuid}*`, async (route) => {
    const response = await route.fetch();
    const expiresAt = new Date(Date.now() + 2_000).toISOString();
    await route.fulfill({ response, json: { ...await response.json(), expires_at: expiresAt } });
  }, { times: 1 });
  await page.goto(`${server.url}/@bayko/status/${crud.uuid}`);
  await page.getByRole("heading", { name: "It had its time" }).waitFor();
  assert.equal(await page.title(), "It had its time · Cruddur");
});
