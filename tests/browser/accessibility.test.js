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
    ["/search", "What are you looking for?"],
    ["/search?q=cake", "Lemon cake"],
    ["/search?q=nosuchword", "Nothing found"],
    ["/sign-in", "Choose any user"],
    ["/no/such/page", "There is nothing here"],
    ["/@no_such_user", "There is no such user"],
    ["/@ingrid_s/status/00000000-0000-4000-8000-000000000000", "It had its time"],
    ["/console", "Admin token"],
  ];
}

/** The pages that are for one user, as that user sees them. */
const OWN_PAGES = [
  ["/@andrewbrown", "Edit profile"],
  ["/notifications", "One biscuit"],
  ["/messages", "There is jam."],
  ["/messages/@ingrid_s", "There is jam."],
  ["/messages/@tunde_a", "Nothing yet"],
  ["/messages/@no_such_user", "No user has this handle."],
];

/** The same pages without a user. */
const SIGNED_OUT_PAGES = ["/notifications", "/messages", "/messages/@ingrid_s"].map((address) => [address, "Who are you?"]);

/** The same for the console. */
const CONSOLE_PAGES = [
  ["/console", "embedded, a child process"],
  ["/console/migrations", "create users"],
  ["/console/seeds", "demo"],
  ["/console/backup", "Download backup"],
  ["/console/inspect", "Buffer cache"],
  ["/console/sessions", "checkpointer"],
  ["/console/security-group", "No rule is configured"],
  ["/console/reports", "There are no such reports."],
  ["/console/users", "No user is suspended."],
  ["/console/audit", "GET /admin/status"],
  ["/console/jobs", "deletes expired activities"],
  ["/console/settings", "RATE_LIMIT_READS"],
];

for (const scheme of ["light", "dark"]) {
  for (const viewport of [PHONE, WIDE]) {
    const view = { scheme, viewport };
    test(`every page of the client is accessible to a signed-in user in the ${scheme} scheme at ${viewport.width} pixels`, async (t) => {
      const page = await openPage(t, browser, view);
      await signIn(page, server, "Andrew Brown");
      await assertAllAccessible(page, [...await clientPages(), ...OWN_PAGES]);
    });

    test(`every page of the client is accessible without signing in in the ${scheme} scheme at ${viewport.width} pixels`, async (t) => {
      const page = await openPage(t, browser, view);
      await assertAllAccessible(page, [...await clientPages(), ...SIGNED_OUT_PAGES]);
    });

    test(`every page of the console is accessible in the ${scheme} scheme at ${viewport.width} pixels`, async (t) => {
      const page = await openPage(t, browser, view);
      const token = await server.adminToken();
      await page.addInitScript((value) => sessionStorage.setItem("admin_token", value), token);
      await assertAllAccessible(page, CONSOLE_PAGES);
    });
  }

  test(`what the client opens by itself is accessible in the ${scheme} scheme`, async (t) => {
    const page = await openPage(t, browser, { scheme });
    const text = `To be deleted in the ${scheme} scheme.`;
    await server.post("sofia_r", text);
    await signIn(page, server, "Sofía Reyes");
    const field = page.getByRole("textbox", { name: "What is going on?" });
    await field.fill("x".repeat(275));
    await assertAccessible(page, "a text that is nearly too long");
    await field.fill("x".repeat(281));
    const post = page.getByRole("article").filter({ hasText: text });
    await post.getByRole("button", { name: "Reply" }).click();
    await assertAccessible(page, "a text that is too long, and an open reply form");
    await page.evaluate(() => { Object.defineProperty(navigator, "clipboard", { value: undefined }); });
    await post.getByRole("button", { name: "Share" }).click();
    await page.getByText("Copy this address").waitFor();
    await assertAccessible(page, "an address to copy");
    await post.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").waitFor();
    await assertAccessible(page, "a dialog");
    await page.goto(`${server.url}/@sofia_r`);
    await page.getByRole("button", { name: "Edit profile" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("x".repeat(101));
    await page.getByText("The name may have at most").waitFor();
    await assertAccessible(page, "an invalid profile");
  });

  test(`what the console opens by itself is accessible in the ${scheme} scheme`, async (t) => {
    const page = await openPage(t, browser, { scheme });
    const token = await server.adminToken();
    await page.goto(`${server.url}/console/seeds`);
    await page.getByLabel("Admin token").fill("x".repeat(32));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The admin token is wrong.").waitFor();
    await assertAccessible(page, "a wrong admin token");
    await page.getByLabel("Admin token").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Load again" }).first().click();
    await page.getByRole("dialog").waitFor();
    await assertAccessible(page, "a dialog of the console");
    await page.goto(`${server.url}/console/migrations`);
    await page.getByRole("button", { name: "Dry run" }).click();
    await page.getByText("no migration is pending").waitFor();
    await assertAccessible(page, "a dry run");
    await page.goto(`${server.url}/console/inspect`);
    await page.locator("summary", { hasText: "Buffer cache" }).press("Enter");
    await page.getByText("of all reads").waitFor();
    await assertAccessible(page, "a section of findings that the keyboard has opened");
  });

  test(`a page whose server cannot be reached is accessible in the ${scheme} scheme`, async (t) => {
    const page = await openPage(t, browser, { scheme });
    await page.goto(server.url);
    await page.getByRole("article").first().waitFor();
    await page.route("**/api/**", (route) => route.abort());
    await page.route("**/readyz", (route) => route.abort());
    await page.getByRole("link", { name: "Search" }).click();
    await page.getByRole("searchbox", { name: "Search for" }).fill("tea");
    await page.keyboard.press("Enter");
    await page.getByText("The server cannot be reached. Retrying").waitFor();
    await page.getByRole("button", { name: "Try again" }).waitFor();
    await assertAccessible(page, "a lost connection");
  });
}

/** Opens each page and waits for its text. */
async function assertAllAccessible(page, pages) {
  for (const [address, text] of pages) {
    await page.goto(server.url + address);
    await page.getByText(text).first().waitFor();
    await assertAccessible(page, address);
  }
}
