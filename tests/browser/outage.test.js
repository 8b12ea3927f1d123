// The server goes away while somebody is using it, and comes back.

import { after, before, test } from "node:test";
import { launch, signIn, signInHere, tab } from "./support/browser.js";
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

test("the page says so, keeps what was written, and recovers by itself", async (t) => {
  const page = await tab(t, browser);
  const banner = page.getByText("Cruddur cannot be reached. Trying again");
  await signIn(page, server, "Ingrid Solheim");
  const field = page.getByRole("textbox", { name: "What is going on?" });
  await field.fill("Said into the dark.");

  await server.stop();
  await page.getByRole("button", { name: "Crud", exact: true }).click();
  await page.getByText("What you wrote is kept.").waitFor();
  await banner.waitFor();
  await page.getByRole("link", { name: "@ingrid_s", exact: true }).click();
  await page.getByRole("button", { name: "Try again" }).first().waitFor();

  await server.launch();
  await banner.waitFor({ state: "hidden" });
  await page.getByText("Garden, ferry, cat, repeat.").waitFor();
  await page.getByText("I have never liked olives").waitFor();

  // A development token dies with its server; what was written does not.
  await page.getByRole("link", { name: "Mentions" }).click();
  await signInHere(page, "Ingrid Solheim");
  await page.getByRole("button", { name: "Crud", exact: true }).click();
  await page.getByRole("article").first().getByText("Said into the dark.").waitFor();
});
