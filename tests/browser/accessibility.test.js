// Accessibility: axe checks every page in the light and the dark scheme, on a phone and a wide screen.

import { after, before, test } from "node:test";
import { assertAccessible, launch, openPage, PHONE, signIn, WIDE } from "./support/browser.js";
import { Server } from "./support/server.js";

let browser;
let server;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
  const message = { message: "There is jam.", handle: "andrewbrown" };
  await server.call("POST", "/api/messages", message, await server.token("ingrid_s"));
});

after(async () => {
  await browser?.close();
  await server?.end();
});

/** Each page of the client with a text that is shown once it has loaded. */
async function clientPages() {
  const [activity] = await server.call("GET", "/api/activities/home?limit=1");
  return [
    ["/", activity.message],
    [`/@${activity.handle}/status/${activity.uuid}`, activity.message],
    ["/@ingrid_s", "Garden, ferry"],
    ["/@andrewbrown", "Edit profile"],
    ["/search?q=cake", "Lemon cake"],
    ["/search?q=nosuchword", "Nothing found"],
    ["/notifications", "One biscuit"],
    ["/messages", "There is jam."],
    ["/messages/@ingrid_s", "There is jam."],
    ["/sign-in", "Choose any user"],
    ["/console", "Admin token"],
  ];
}

/** The same for the console. */
const CONSOLE_PAGES = [
  ["/console", "embedded, a child process"],
  ["/console/migrations", "create users"],
  ["/console/seeds", "demo"],
  ["/console/sessions", "checkpointer"],
  ["/console/security-group", "No rule is configured"],
  ["/console/reports", "There are no such reports."],
  ["/console/users", "No user is suspended."],
  ["/console/audit", "GET /admin/status"],
];

for (const scheme of ["light", "dark"]) {
  for (const viewport of [PHONE, WIDE]) {
    const view = { scheme, viewport };
    test(`every page of the client is accessible in the ${scheme} scheme at ${viewport.width} pixels`, async (t) => {
      const page = await openPage(t, browser, view);
      await signIn(page, server, "Andrew Brown");
      for (const [address, text] of await clientPages()) {
        await page.goto(server.url + address);
        await page.getByText(text).first().waitFor();
        await assertAccessible(page, address);
      }
    });

    test(`every page of the console is accessible in the ${scheme} scheme at ${viewport.width} pixels`, async (t) => {
      const page = await openPage(t, browser, view);
      const token = await server.adminToken();
      await page.addInitScript((value) => sessionStorage.setItem("admin_token", value), token);
      for (const [address, text] of CONSOLE_PAGES) {
        await page.goto(server.url + address);
        await page.getByText(text).first().waitFor();
        await assertAccessible(page, address);
      }
    });
  }
}

test("a dialog, an invalid field and an open reply form are accessible", async (t) => {
  const page = await openPage(t, browser, { scheme: "dark" });
  await server.post("sofia_r", "Delete me after the dialog.");
  await signIn(page, server, "Sofía Reyes");
  await page.getByRole("textbox", { name: "What is going on?" }).fill("x".repeat(281));
  const post = page.getByRole("article").filter({ hasText: "Delete me after the dialog." });
  await post.getByRole("button", { name: "Reply" }).click();
  await assertAccessible(page, "an open reply form");
  await post.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").waitFor();
  await assertAccessible(page, "a dialog");
});
