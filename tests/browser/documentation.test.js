// The page of the API's description: it is accessible, and its examples work as they are.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, launch, openPage, PHONE, WIDE } from "./support/browser.js";
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

async function openDocumentation(t, view) {
  const page = await openPage(t, browser, view);
  await page.goto(`${server.url}/docs/`);
  await page.locator(".opblock").first().waitFor();
  return page;
}

/** Opens the operation with this method and path, and returns its element. */
async function openOperation(page, method, path) {
  const operation = page.locator(`.opblock-${method}`).filter({ has: page.locator(`[data-path="${path}"]`) });
  await operation.locator(".opblock-summary-control").click();
  return operation;
}

for (const viewport of [PHONE, WIDE]) {
  test(`the page of the API is accessible at ${viewport.width} pixels, also with an operation open`, async (t) => {
    const page = await openDocumentation(t, { viewport });
    await assertAccessible(page, "/docs/");
    const operation = await openOperation(page, "post", "/api/activities");
    await operation.locator(".execute").click();
    await operation.locator(".live-responses-table").waitFor();
    await openOperation(page, "get", "/api/activities/@{handle}");
    await assertAccessible(page, "/docs/ with two operations");
    await page.locator("button.authorize").first().click();
    await page.locator(".modal-ux").waitFor();
    await assertAccessible(page, "/docs/ with the tokens");
  });
}

test("the example of the page posts an activity, and the tokens are explained", async (t) => {
  const page = await openDocumentation(t);
  const operation = await openOperation(page, "post", "/api/activities");
  await operation.locator(".execute").click();
  await operation.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();
  const [newest] = await server.call("GET", "/api/activities/@andrewbrown?limit=1");
  assert.equal(newest.message, "Lemon cake at four, @ingrid_s?");

  await page.locator("button.authorize").first().click();
  const dialog = page.locator(".modal-ux");
  await dialog.getByText("/api/dev/session").waitFor();
  await dialog.getByText("admin-token").waitFor();
});
