// Every page, by day and by night, as axe sees it.

import { after, before, test } from "node:test";
import { assertAccessible, launch, PHONE, signIn, tab, WIDE } from "./support/browser.js";
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

/** Each page with a text that says that it is all there. */
async function pages() {
  const [activity] = await server.call("GET", "/api/activities/home?limit=1");
  return [
    ["/", activity.message],
    [`/@${activity.handle}/status/${activity.uuid}`, activity.message],
    ["/@ingrid_s", "Garden, ferry"],
    ["/@andrewbrown", "Edit profile"],
    ["/search?q=cake", "Lemon cake"],
    ["/search?q=nobodysaysthis", "Nothing found"],
    ["/notifications", "One biscuit"],
    ["/messages", "There is jam."],
    ["/messages/@ingrid_s", "There is jam."],
    ["/sign-in", "be whoever you like"],
    ["/console", "Admin token"],
  ];
}

const CONSOLE = [
  ["/console", "Where it runs"],
  ["/console/migrations", "create users"],
  ["/console/seeds", "demo"],
  ["/console/sessions", "checkpointer"],
  ["/console/security-group", "No rule"],
  ["/console/audit", "GET /admin/status"],
];

for (const scheme of ["light", "dark"]) {
  for (const viewport of [PHONE, WIDE]) {
    const view = { scheme, viewport };
    test(`the client, ${scheme}, ${viewport.width} pixels wide`, async (t) => {
      const page = await tab(t, browser, view);
      await signIn(page, server, "Andrew Brown");
      for (const [address, text] of await pages()) {
        await page.goto(server.url + address);
        await page.getByText(text).first().waitFor();
        await assertAccessible(page, address);
      }
    });

    test(`the console, ${scheme}, ${viewport.width} pixels wide`, async (t) => {
      const page = await tab(t, browser, view);
      const token = await server.adminToken();
      await page.addInitScript((value) => sessionStorage.setItem("admin_token", value), token);
      for (const [address, text] of CONSOLE) {
        await page.goto(server.url + address);
        await page.getByText(text).first().waitFor();
        await assertAccessible(page, address);
      }
    });
  }
}

test("a question, a field that complains, and a form in place", async (t) => {
  const page = await tab(t, browser, { scheme: "dark" });
  await server.post("sofia_r", "Ask me whether I mean it.");
  await signIn(page, server, "Sofía Reyes");
  await page.getByRole("textbox", { name: "What is going on?" }).fill("x".repeat(281));
  const post = page.getByRole("article").filter({ hasText: "Ask me whether I mean it." });
  await post.getByRole("button", { name: "Reply" }).click();
  await assertAccessible(page, "a reply in place");
  await post.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").waitFor();
  await assertAccessible(page, "a question");
});
