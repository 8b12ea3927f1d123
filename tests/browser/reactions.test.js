// Likes and reposts in the client, used in Chromium as a user would.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, launch, openPage, PHONE, signIn } from "./support/browser.js";
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

const articleWith = (page, text) => page.getByRole("article").filter({ hasText: text }).first();
const button = (article, name) => article.getByRole("button", { name }).first();

/** Waits until the button is pressed or not, and has the count as its text; none for 0. */
async function waitForState(toggle, isPressed, count) {
  const state = async () => [await toggle.getAttribute("aria-pressed"), await toggle.locator(".count").textContent()];
  const expected = [String(isPressed), count > 0 ? String(count) : ""];
  await until(async () => String(await state()) === String(expected), `the button shows ${expected}`);
}

const counts = async ({ uuid }) => {
  const { likes_count: likes, reposts_count: reposts } = await server.call("GET", `/api/activities/${uuid}`);
  return [likes, reposts];
};

test("a user likes and reposts a crud, and sees it after a reload", async (t) => {
  const post = await server.post("bayko", "Plums for all who come by.");
  await server.call("PUT", `/api/activities/${post.uuid}/like`, undefined, await server.token("mei_lin"));
  const page = await openPage(t, browser, { viewport: PHONE });
  await signIn(page, server, "Samir Haddad");
  const article = articleWith(page, "Plums for all");
  const [like, repost] = [button(article, "Like"), button(article, "Repost")];
  await waitForState(like, false, 1);
  await waitForState(repost, false, 0);
  await like.click();
  await repost.click();
  await waitForState(like, true, 2);
  await waitForState(repost, true, 1);
  await until(async () => String(await counts(post)) === "2,1", "the server has both");
  assert.equal(await article.locator("[aria-live]:not([aria-live=off]), [role=status]").count(), 0);
  await assertAccessible(page, "home with reactions");
  await page.reload();
  await waitForState(like, true, 2);
  await like.click();
  await waitForState(like, false, 1);
  await until(async () => String(await counts(post)) === "1,1", "the server has undone the like");

  await page.goto(`${server.url}/@samir_h`);
  const reposted = articleWith(page, "Plums for all");
  await reposted.getByText("Reposted").waitFor();
  await waitForState(button(reposted, "Repost"), true, 1);
});

test("a refused like is undone, and the crud says why", async (t) => {
  await server.post("bayko", "This one cannot be liked.");
  const page = await openPage(t, browser);
  await signIn(page, server, "Samir Haddad");
  const article = articleWith(page, "This one cannot be liked.");
  const like = button(article, "Like");
  await waitForState(like, false, 0);
  await page.route("**/like", (route) => route.fulfill({ status: 404, json: ["activity_not_found"] }));
  await like.click();
  await article.getByRole("alert").filter({ hasText: "It may have expired." }).waitFor();
  await waitForState(like, false, 0);
  await page.unroute("**/like");
  await like.click();
  await waitForState(like, true, 1);
});

test("the keys l and r like and repost the crud that has the focus, and not its parent", async (t) => {
  const parent = await server.post("bayko", "The parent of a reply.");
  const reply = await server.call("POST", `/api/activities/${parent.uuid}/reply`, { message: "A liked reply." },
    await server.token("mei_lin"));
  const page = await openPage(t, browser);
  await page.goto(`${server.url}/@bayko/status/${parent.uuid}`);
  const inReply = page.locator(`[data-activity="${reply.uuid}"]`);
  await button(inReply, "Like").focus();
  await page.keyboard.press("l");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();

  await signIn(page, server, "Samir Haddad");
  await page.goto(`${server.url}/@bayko/status/${parent.uuid}`);
  await inReply.getByRole("link").first().focus();
  await page.keyboard.press("l");
  await page.keyboard.press("r");
  await page.keyboard.press("Control+l");
  await waitForState(button(inReply, "Like"), true, 1);
  await waitForState(button(inReply, "Repost"), true, 1);
  await until(async () => String(await counts(reply)) === "1,1", "the server has both");
  assert.deepEqual(await counts(parent), [0, 0]);
  await inReply.getByRole("button", { name: "Reply" }).click();
  await inReply.getByRole("textbox").press("l");
  assert.equal(await inReply.getByRole("textbox").inputValue(), "l");
  await waitForState(button(inReply, "Like"), true, 1);
});
