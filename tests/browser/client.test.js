// The client, used as a person would.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, PHONE, signIn, tab } from "./support/browser.js";
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

const say = (page, text) => page.getByRole("textbox", { name: "What is going on?" }).fill(text);
const crud = (page) => page.getByRole("button", { name: "Crud", exact: true });
const postWith = (page, text) => page.getByRole("article").filter({ hasText: text }).first();

test("anybody can read home", async (t) => {
  const page = await tab(t, browser);
  await page.goto(server.url);
  await page.getByText("Dolphins in the bay RIGHT NOW").waitFor();
  assert.equal(await page.title(), "Home · Cruddur");
});

test("nothing moves while home loads", async (t) => {
  const page = await tab(t, browser, { viewport: PHONE });
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

test("who is signed in can post, and sees it on top", async (t) => {
  const page = await tab(t, browser);
  await signIn(page, server, "Ingrid Solheim");
  await say(page, "The garlic is in.");
  await page.getByRole("combobox", { name: "Gone in" }).selectOption("1-hour");
  await crud(page).click();
  const first = page.getByRole("article").first();
  await first.getByText("The garlic is in.").waitFor();
  assert.match(await first.innerText(), /59m/);
  assert.equal(await page.getByRole("textbox", { name: "What is going on?" }).inputValue(), "");
});

test("the counter counts as the server does, and refuses the 281st character", async (t) => {
  const page = await tab(t, browser);
  await signIn(page, server, "Ingrid Solheim");
  const count = page.getByLabel("Characters");
  await say(page, "🍒".repeat(280));
  assert.equal(await count.textContent(), "280 / 280");
  assert.ok(await crud(page).isEnabled());
  await say(page, "🍒".repeat(281));
  assert.equal(await count.textContent(), "281 / 280");
  assert.ok(await crud(page).isDisabled());
  assert.match(await count.getAttribute("class"), /over/);
  await say(page, "🍒".repeat(280));
  await crud(page).click();
  await page.getByRole("article").first().getByText("🍒".repeat(280)).waitFor();
});

test("a reply is written in place and counted", async (t) => {
  await server.post("bayko", "Who has the long ladder?");
  const page = await tab(t, browser);
  await signIn(page, server, "Samir Haddad");
  const post = postWith(page, "Who has the long ladder?");
  await post.getByRole("button", { name: "Reply" }).click();
  await post.getByRole("textbox", { name: "Reply to Andrew Bayko" }).fill("I do, until Friday.");
  await post.getByRole("button", { name: "Reply", exact: true }).last().click();
  await post.getByRole("list", { name: "Replies" }).getByText("I do, until Friday.").waitFor();
  await post.getByRole("button", { name: "1 reply" }).waitFor();
});

test("a thread has an address that survives a reload", async (t) => {
  const parent = await server.post("bayko", "A thread of its own.");
  await server.call("POST", `/api/activities/${parent.uuid}/reply`, { message: "And a reply." }, await server.token("mei_lin"));
  const page = await tab(t, browser);
  await page.goto(server.url);
  await postWith(page, "A thread of its own.").locator("a.age").first().click();
  await page.getByRole("heading", { name: "Thread" }).waitFor();
  assert.equal(new URL(page.url()).pathname, `/@bayko/status/${parent.uuid}`);
  await page.reload();
  await page.getByText("And a reply.").waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Home" }).waitFor();
});

test("one's own post is deleted after a question, and only one's own", async (t) => {
  const mine = await server.post("sofia_r", "I take this back.");
  const page = await tab(t, browser);
  await signIn(page, server, "Sofía Reyes");
  const post = postWith(page, "I take this back.");
  assert.equal(await postWith(page, "Dolphins in the bay").getByRole("button", { name: "Delete" }).count(), 0);
  await post.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Keep it" }).click();
  await post.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await post.waitFor({ state: "detached" });
  await assert.rejects(server.call("GET", `/api/activities/${mine.uuid}`), /activity_not_found/);
});

test("search finds words, and its address holds them", async (t) => {
  await server.post("kaia_p", "A zebrafish in the harbour.");
  const page = await tab(t, browser);
  await page.goto(server.url);
  await page.getByRole("link", { name: "Search" }).click();
  await page.getByRole("searchbox", { name: "Search for" }).fill("zebrafish");
  await page.keyboard.press("Enter");
  await page.getByText("A zebrafish in the harbour.").waitFor();
  assert.equal(new URL(page.url()).search, "?q=zebrafish");
  await page.reload();
  await page.getByText("A zebrafish in the harbour.").waitFor();
  await page.goto(`${server.url}/search?q=nobodysaysthis`);
  await page.getByText("Nothing found").waitFor();
});

test("a mention shows to whom it concerns", async (t) => {
  await server.post("OldPete", "Is that your ladder, @priya_n?");
  const page = await tab(t, browser);
  await page.goto(`${server.url}/notifications`);
  await page.getByText("Who are you?").waitFor();
  await signIn(page, server, "Priya Natarajan");
  await page.getByRole("link", { name: "Mentions" }).click();
  await page.getByText("Is that your ladder").waitFor();
});

test("two people write to each other", async (t) => {
  const kaia = await tab(t, browser);
  const pete = await tab(t, browser);
  await signIn(kaia, server, "Kaia Parata");
  await signIn(pete, server, "Pete Kowalski");
  await kaia.goto(`${server.url}/@OldPete`);
  await kaia.getByRole("link", { name: "Message", exact: true }).click();
  await kaia.getByRole("textbox", { name: "Message" }).fill("Is the radio still to be had?");
  await kaia.getByRole("button", { name: "Send" }).click();
  await pete.getByRole("link", { name: "Messages" }).click();
  await pete.getByRole("link", { name: /Kaia Parata.*radio/ }).click();
  await pete.getByRole("textbox", { name: "Message" }).fill("It is yours.");
  await pete.keyboard.press("Control+Enter");
  // Without a reload: a conversation looks for answers by itself.
  await kaia.getByText("It is yours.").waitFor();
});

test("scrolling reads on, page after page", async (t) => {
  const token = await server.token("tunde_a");
  for (let number = 1; number <= 45; number += 1) {
    await server.call("POST", "/api/activities", { message: `Line ${number} of 45`, ttl: "1-day" }, token);
  }
  const page = await tab(t, browser);
  await page.goto(`${server.url}/@tunde_a`);
  await page.getByText("Line 45 of 45").waitFor();
  await until(async () => {
    await page.mouse.wheel(0, 4_000);
    return page.getByText("Line 1 of 45").isVisible();
  }, "the last page is there");
  assert.equal(await page.getByText(/Line \d+ of 45/).count(), 45);
});

test("one signs in as somebody, and out again", async (t) => {
  const page = await tab(t, browser);
  await signIn(page, server, "Andrew Bayko");
  await page.getByRole("link", { name: "@bayko" }).first().waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in" }).first().waitFor();
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, ""]);
});

test("one changes one's own profile", async (t) => {
  const page = await tab(t, browser);
  await signIn(page, server, "Mei Lin");
  await page.goto(`${server.url}/@mei_lin`);
  await page.getByRole("button", { name: "Edit profile" }).click();
  await page.getByRole("textbox", { name: "Bio" }).fill("Walls, with permission.");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Walls, with permission.").waitFor();
});

test("what looks like HTML, and what turns the line around, is text", async (t) => {
  const hostile = '<script>document.title="taken"</script> <img src=x "onerror="alert(1)"> \u202Etxet desrever\u2066';
  await server.post("samir_h", hostile);
  const page = await tab(t, browser);
  await page.goto(`${server.url}/@samir_h`);
  const prose = page.locator(".prose").filter({ hasText: "<script>" });
  await prose.waitFor();
  assert.equal(await prose.textContent(), hostile);
  assert.equal(await prose.locator("script, img").count(), 0);
  // The override ends with the paragraph: what stands after it still reads as it did.
  assert.equal(await prose.evaluate((element) => getComputedStyle(element).unicodeBidi), "isolate");
  assert.equal(await page.title(), "@samir_h · Cruddur");
});

test("a post counts its last seconds and fades", async (t) => {
  await server.post("ingrid_s", "Blink and you miss it.");
  const page = await tab(t, browser);
  await page.route("**/api/activities/home", async (route) => {
    const answer = await route.fetch();
    const activities = await answer.json();
    const brief = activities.find(({ message }) => message === "Blink and you miss it.");
    brief.expires_at = new Date(Date.now() + 3_000).toISOString();
    await route.fulfill({ response: answer, json: activities });
  });
  await page.goto(server.url);
  const post = postWith(page, "Blink and you miss it.");
  assert.match(await post.innerText(), /[123]s/);
  await post.waitFor({ state: "detached" });
});

test("what others post announces itself, and nothing is sent while nothing is new", async (t) => {
  const page = await tab(t, browser);
  await page.goto(server.url);
  await page.getByRole("article").first().waitFor();
  const look = async () => {
    const answer = page.waitForResponse((response) => response.url().endsWith("/home"));
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    return (await answer).status();
  };
  assert.equal(await look(), 304);
  await server.post("ingrid_s", "News from the garden.");
  await server.post("ingrid_s", "More news from the garden.");
  assert.equal(await look(), 200);
  await page.getByRole("button", { name: "2 new" }).click();
  await page.getByRole("article").first().getByText("More news from the garden.").waitFor();
});

test("a handle that nobody has, and an address that no page knows, are said to be so", async (t) => {
  const page = await tab(t, browser);
  await page.goto(`${server.url}/@nobody_at_all`);
  await page.getByText("Nobody here goes by that handle.").waitFor();
  await page.goto(`${server.url}/@bayko/status/00000000-0000-4000-8000-000000000000`);
  await page.getByText("It had its time").waitFor();
});

test("a page is used by keyboard, and says where it has led", async (t) => {
  const page = await tab(t, browser);
  await page.goto(server.url);
  await page.getByRole("article").first().waitFor();
  await page.keyboard.press("Tab");
  await page.getByRole("link", { name: "Skip to the content" }).press("Tab");
  await page.getByRole("link", { name: "Search" }).press("Enter");
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  await page.getByRole("heading", { name: "Search" }).waitFor();
  assert.equal(await focused(), "Search");
});

test("the page of the API's description works beside ours", async (t) => {
  const page = await tab(t, browser);
  await page.goto(`${server.url}/docs`);
  await page.getByText("/api/activities/home").first().waitFor();
});
