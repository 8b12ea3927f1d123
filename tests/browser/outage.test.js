// The client while its server is stopped and started again.

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

test("the client reports a stopped server, keeps the unsent text, and recovers when the server is back", async (t) => {
  const page = await openPage(t, browser);
  const banner = page.getByText("The server cannot be reached. Retrying");
  await signIn(page, server, "Ingrid Solheim");
  const field = page.getByRole("textbox", { name: "What is going on?" });
  await field.fill("Said into the dark.");

  await server.stop();
  await page.getByRole("button", { name: "Crud", exact: true }).click();
  await page.getByText("Unsent text is kept").waitFor();
  await banner.waitFor();
  await page.getByRole("link", { name: "@ingrid_s", exact: true }).click();
  await page.getByRole("button", { name: "Try again" }).first().waitFor();

  await server.launch();
  await banner.waitFor({ state: "hidden" });
  await page.getByText("Garden, ferry, cat, repeat.").waitFor();
  await page.getByText("I have never liked olives").waitFor();

  // The user is still signed in, because the key of the development identity is in the database.
  await page.getByRole("link", { name: "Home" }).first().click();
  await page.getByRole("button", { name: "Crud", exact: true }).click();
  await page.getByRole("article").first().getByText("Said into the dark.").waitFor();
});
