// The client, used in Chromium as a user would.

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

const fillComposer = (page, text) => page.getByRole("textbox", { name: "What is going on?" }).fill(text);
const crudButton = (page) => page.getByRole("button", { name: "Crud", exact: true });
const articleWith = (page, text) => page.getByRole("article").filter({ hasText: text }).first();

test("home can be read without signing in", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(server.url);
  await page.getByText("Dolphins in the bay RIGHT NOW").waitFor();
  assert.equal(await page.title(), "Home · Cruddur");
});

test("the layout of home does not shift while it loads", async (t) => {
  const page = await openPage(t, browser, { viewport: PHONE });
  await page.addInitScript(() => {
    globalThis.shifts = [];
    new PerformanceObserver((list) => globalThis.shifts.push(...list.getEntries()))
      .observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(server.url);
  await page.getByText("Dolphins in the bay RIGHT NOW").waitFor();
  const shift = await page.evaluate(() => globalThis.shifts.reduce((sum, { value }) => sum + value, 0));
  assert.ok(shift < 0.02, `${shift}`);
});

test("a signed-in user posts a crud and sees it at the top of home", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Ingrid Solheim");
  await fillComposer(page, "The garlic is in.");
  await page.getByRole("combobox", { name: "Expires in" }).selectOption("1-hour");
  await crudButton(page).click();
  const first = page.getByRole("article").first();
  await first.getByText("The garlic is in.").waitFor();
  assert.match(await first.innerText(), /1h/);
  assert.equal(await page.getByRole("textbox", { name: "What is going on?" }).inputValue(), "");
});

test("the composer counts an emoji as one character and refuses the 281st", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Ingrid Solheim");
  const count = page.getByLabel("Characters");
  await fillComposer(page, "🍒".repeat(280));
  assert.equal(await count.textContent(), "280 / 280");
  assert.ok(await crudButton(page).isEnabled());
  await fillComposer(page, "🍒".repeat(281));
  assert.equal(await count.textContent(), "281 / 280");
  assert.ok(await crudButton(page).isDisabled());
  assert.match(await count.getAttribute("class"), /over/);
  await fillComposer(page, "🍒".repeat(280));
  await crudButton(page).click();
  await page.getByRole("article").first().getByText("🍒".repeat(280)).waitFor();
});

test("a reply appears below its crud and raises the reply count", async (t) => {
  await server.post("bayko", "Who has the long ladder?");
  const page = await openPage(t, browser);
  await signIn(page, server, "Samir Haddad");
  const post = articleWith(page, "Who has the long ladder?");
  await post.getByRole("button", { name: "Reply" }).click();
  await post.getByRole("textbox", { name: "Reply to Andrew Bayko" }).fill("I do, until Friday.");
  await post.getByRole("button", { name: "Reply to Andrew Bayko", exact: true }).last().click();
  await post.getByRole("list", { name: "Replies" }).getByText("I do, until Friday.").waitFor();
  await post.getByRole("button", { name: "1 reply" }).waitFor();
});

test("a thread has a URL that survives a reload and the back button", async (t) => {
  const parent = await server.post("bayko", "A thread of its own.");
  await server.call("POST", `/api/activities/${parent.uuid}/reply`, { message: "And a reply." }, await server.token("mei_lin"));
  const page = await openPage(t, browser);
  await page.goto(server.url);
  await articleWith(page, "A thread of its own.").locator("a.age").first().click();
  await page.getByRole("heading", { name: "Thread" }).waitFor();
  assert.equal(new URL(page.url()).pathname, `/@bayko/status/${parent.uuid}`);
  await page.reload();
  await page.getByText("And a reply.").waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Home" }).waitFor();
});

test("a user deletes their own crud after a confirmation, and has no button for others' cruds", async (t) => {
  const own = await server.post("sofia_r", "I take this back.");
  const page = await openPage(t, browser);
  await signIn(page, server, "Sofía Reyes");
  const post = articleWith(page, "I take this back.");
  assert.equal(await articleWith(page, "Dolphins in the bay").getByRole("button", { name: "Delete" }).count(), 0);
  await post.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await post.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await post.waitFor({ state: "detached" });
  await assert.rejects(server.call("GET", `/api/activities/${own.uuid}`), /activity_not_found/);
});

test("a user reports another user's crud in a dialog that the Escape key closes", async (t) => {
  const reported = await server.post("kaia_p", "Buy my miracle pills.");
  const own = await server.post("sofia_r", "Who would buy that?");
  const page = await openPage(t, browser);
  await page.goto(server.url);
  await articleWith(page, "Buy my miracle pills.").getByRole("button", { name: "Report" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await signIn(page, server, "Sofía Reyes");
  assert.equal(await articleWith(page, own.message).getByRole("button", { name: "Report" }).count(), 0);

  const button = articleWith(page, "Buy my miracle pills.").getByRole("button", { name: "Report" });
  const dialog = page.getByRole("dialog", { name: "Report this crud" });
  await button.press("Enter");
  const reason = dialog.getByRole("combobox", { name: "Reason" });
  await reason.and(page.locator(":focus")).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await button.and(page.locator(":focus")).waitFor();

  await button.click();
  await dialog.getByRole("button", { name: "Report" }).click();
  assert.ok(await reason.evaluate((field) => field.matches(":invalid")));
  await assertAccessible(page, "the dialog of a report");
  await reason.selectOption("Spam");
  await dialog.getByRole("textbox", { name: "Note (optional)" }).fill("For the third time.");
  await dialog.getByRole("button", { name: "Report" }).click();
  await dialog.waitFor({ state: "detached" });
  await articleWith(page, "Buy my miracle pills.").getByRole("button", { name: "Reported" }).waitFor();
  const [report] = await server.call("GET", "/admin/reports", undefined, await server.adminToken());
  assert.deepEqual([report.activity_uuid, report.reason], [reported.uuid, "spam"]);
});

test("search finds a word, and its URL contains the search term", async (t) => {
  await server.post("kaia_p", "A zebrafish in the harbour.");
  const page = await openPage(t, browser);
  await page.goto(server.url);
  await page.getByRole("link", { name: "Search" }).click();
  await page.getByRole("searchbox", { name: "Search for" }).fill("zebrafish");
  await page.keyboard.press("Enter");
  await page.getByText("A zebrafish in the harbour.").waitFor();
  assert.equal(new URL(page.url()).search, "?q=zebrafish");
  await page.reload();
  await page.getByText("A zebrafish in the harbour.").waitFor();
  await page.goto(`${server.url}/search?q=nosuchword`);
  await page.getByText("Nothing found").waitFor();
});

test("a mentioned user finds the crud under Notices", async (t) => {
  await server.post("OldPete", "Is that your ladder, @priya_n?");
  const page = await openPage(t, browser);
  await page.goto(`${server.url}/notifications`);
  await page.getByText("Who are you?").waitFor();
  await signIn(page, server, "Priya Natarajan");
  await page.getByRole("link", { name: "Notices" }).click();
  await page.getByText("Is that your ladder").waitFor();
});

test("a new message appears in an open conversation without a reload", async (t) => {
  const kaia = await openPage(t, browser);
  const pete = await openPage(t, browser);
  await signIn(kaia, server, "Kaia Parata");
  await signIn(pete, server, "Pete Kowalski");
  await kaia.goto(`${server.url}/@OldPete`);
  await kaia.getByRole("link", { name: "Message", exact: true }).click();
  await kaia.getByRole("textbox", { name: "Message" }).fill("Is the radio still to be had?");
  await kaia.getByRole("button", { name: "Send" }).click();
  // The message is stored once the sender's page shows it.
  await kaia.getByText("Is the radio still to be had?").waitFor();
  await pete.getByRole("link", { name: "Messages" }).click();
  await pete.getByRole("link", { name: /Kaia Parata.*radio/ }).click();
  await pete.getByRole("textbox", { name: "Message" }).fill("It is yours.");
  await pete.keyboard.press("Control+Enter");
  // Without a reload: an open conversation polls for new messages.
  await kaia.getByText("It is yours.").waitFor();
});

test("scrolling loads every further page of a feed, without duplicates", async (t) => {
  const token = await server.token("tunde_a");
  for (let number = 1; number <= 45; number += 1) {
    await server.call("POST", "/api/activities", { message: `Line ${number} of 45`, ttl: "1-day" }, token);
  }
  const page = await openPage(t, browser);
  await page.goto(`${server.url}/@tunde_a`);
  await page.getByText("Line 45 of 45").waitFor();
  await until(async () => {
    await page.mouse.wheel(0, 4_000);
    return page.getByText("Line 1 of 45").isVisible();
  }, "the last page is shown");
  assert.equal(await page.getByText(/Line \d+ of 45/).count(), 45);
});

test("a user stays signed in over a reload, and signing out clears the browser's storage", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Andrew Bayko");
  await page.getByRole("link", { name: "@bayko" }).first().waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in" }).first().waitFor();
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, ""]);
});

test("a user changes the bio of their profile", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Mei Lin");
  await page.goto(`${server.url}/@mei_lin`);
  await page.getByRole("button", { name: "Edit profile" }).click();
  await page.getByRole("textbox", { name: "Bio" }).fill("Walls, with permission.");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Walls, with permission.").waitFor();
});

test("a user blocks another one after a confirmation, who then reads why a reply is refused, and unblocks them", async (t) => {
  await server.post("kaia_p", "Only for friends.");
  const kaia = await openPage(t, browser);
  const pete = await openPage(t, browser);
  await signIn(kaia, server, "Kaia Parata");
  await signIn(pete, server, "Pete Kowalski");
  await kaia.goto(`${server.url}/@OldPete`);
  await kaia.getByRole("button", { name: "Block", exact: true }).click();
  await kaia.getByRole("dialog", { name: "Block @OldPete?" }).getByRole("button", { name: "Block" }).click();
  await kaia.getByRole("button", { name: "Unblock" }).waitFor();
  await kaia.reload();

  const post = articleWith(pete, "Only for friends.");
  await post.getByRole("button", { name: "Reply" }).click();
  await post.getByRole("textbox", { name: "Reply to Kaia Parata" }).fill("Me too?");
  await post.getByRole("button", { name: "Reply to Kaia Parata", exact: true }).last().click();
  await post.getByText("This user has blocked you.").waitFor();

  await kaia.getByRole("button", { name: "Unblock" }).click();
  await kaia.getByRole("dialog", { name: "Unblock @OldPete?" }).getByRole("button", { name: "Unblock" }).click();
  await kaia.getByRole("button", { name: "Block", exact: true }).waitFor();
  await post.getByRole("button", { name: "Reply to Kaia Parata", exact: true }).last().click();
  await post.getByRole("list", { name: "Replies" }).getByText("Me too?").waitFor();
});

test("HTML and bidirectional control characters in a crud are shown as plain text", async (t) => {
  const hostile = '<script>document.title="taken"</script> <img src=x "onerror="alert(1)"> \u202Etxet desrever\u2066';
  await server.post("samir_h", hostile);
  const page = await openPage(t, browser);
  await page.goto(`${server.url}/@samir_h`);
  const text = page.locator(".user-text").filter({ hasText: "<script>" });
  await text.waitFor();
  assert.equal(await text.textContent(), hostile);
  assert.equal(await text.locator("script, img").count(), 0);
  // Isolation ends the override with the paragraph, so the text after it keeps its direction.
  assert.equal(await text.evaluate((element) => getComputedStyle(element).unicodeBidi), "isolate");
  assert.equal(await page.title(), "Samir Haddad (@samir_h) · Cruddur");
});

test("a crud counts down its last seconds and disappears", async (t) => {
  await server.post("ingrid_s", "Blink and you miss it.");
  const page = await openPage(t, browser);
  await page.route("**/api/activities/home?limit=20", async (route) => {
    const response = await route.fetch();
    const activities = await response.json();
    const expiring = activities.find(({ message }) => message === "Blink and you miss it.");
    expiring.expires_at = new Date(Date.now() + 3_000).toISOString();
    await route.fulfill({ response, json: activities });
  }, { times: 1 });
  await page.goto(server.url);
  const post = articleWith(page, "Blink and you miss it.");
  await post.getByText(/^[123]s/).waitFor();
  await post.waitFor({ state: "detached" });
});

test("home announces new cruds of others, and gets a 304 while there are none", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(server.url);
  await page.getByRole("article").first().waitFor();
  const poll = async () => {
    const response = page.waitForResponse((response) => response.url().includes("/home?"));
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    return (await response).status();
  };
  assert.equal(await poll(), 304);
  await server.post("ingrid_s", "News from the garden.");
  await server.post("ingrid_s", "More news from the garden.");
  assert.equal(await poll(), 200);
  await page.getByRole("button", { name: "2 new cruds" }).click();
  await page.getByRole("article").first().getByText("More news from the garden.").waitFor();
});

test("an unknown handle and an expired crud each have a page that says so", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(`${server.url}/@no_such_user`);
  await page.getByText("No user has this handle.").waitFor();
  await page.goto(`${server.url}/@bayko/status/00000000-0000-4000-8000-000000000000`);
  await page.getByText("It had its time").waitFor();
});

test("keyboard navigation moves the focus to the heading of the new page", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(server.url);
  await page.getByRole("article").first().waitFor();
  await page.keyboard.press("Tab");
  await page.getByRole("link", { name: "Skip to the content" }).press("Tab");
  await page.getByRole("link", { name: "Search" }).press("Enter");
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  await page.getByRole("heading", { name: "Search" }).waitFor();
  assert.equal(await focused(), "Search");
});

test("the API's documentation page works under its own security policy", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(`${server.url}/docs`);
  await page.getByText("/api/activities/home").first().waitFor();
});
