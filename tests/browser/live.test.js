// The live stream: what happens in one window appears in the others, without a request of theirs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage, signIn } from "./support/browser.js";
import { expireIn } from "./support/database.js";
import { PsqlSession } from "./support/psql.js";
import { Server, until } from "./support/server.js";

let browser;
let server;
let database;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
  database = await PsqlSession.open(server, "tests");
});

after(async () => {
  database?.end();
  await browser?.close();
  await server?.end();
});

const articleWith = (page, text) => page.getByRole("article").filter({ hasText: text }).first();
const composer = (page) => page.getByRole("textbox", { name: "What is going on?" });

const isStream = (response) => new URL(response.url()).pathname === "/api/live" && response.status() === 200;

/** As if the user had gone to another tab, or come back. */
function setHidden(page, isHidden) {
  return page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

/** Follows a link of the page's own. */
function visit(page, path) {
  return page.evaluate((href) => {
    const link = document.createElement("a");
    link.href = href;
    document.body.append(link);
    link.click();
    link.remove();
  }, path);
}

/** Opens a page whose stream is open. */
async function openLive(page, path = "/") {
  const stream = page.waitForResponse(isStream);
  await page.goto(server.url + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await stream;
}

test("a crud, a like, a reply, a deletion and an expiry in one window appear in another", async (t) => {
  const ingrid = await openPage(t, browser);
  const kaia = await openPage(t, browser);
  await signIn(ingrid, server, "Ingrid Solheim");
  await signIn(kaia, server, "Kaia Parata");
  await openLive(ingrid);
  await openLive(kaia);

  await composer(ingrid).fill("The pears are ripe.");
  await ingrid.getByRole("button", { name: "Crud", exact: true }).click();
  await kaia.getByRole("button", { name: "1 new crud", exact: true }).click();
  const pears = articleWith(kaia, "The pears are ripe.");
  await pears.waitFor();

  await articleWith(ingrid, "The pears are ripe.").getByRole("button", { name: "Like" }).click();
  await pears.getByRole("button", { name: "Like 1" }).waitFor();

  await articleWith(ingrid, "The pears are ripe.").getByRole("button", { name: "Reply" }).click();
  await ingrid.getByRole("textbox", { name: /^Reply to/ }).fill("Come and pick them.");
  await ingrid.keyboard.press("Control+Enter");
  await pears.getByRole("list", { name: "Replies" }).getByText("Come and pick them.").waitFor();
  await pears.getByRole("button", { name: "1 reply" }).waitFor();
  await articleWith(ingrid, "The pears are ripe.").getByRole("button", { name: "1 reply" }).waitFor();

  await articleWith(ingrid, "The pears are ripe.").getByRole("button", { name: "Delete" }).first().click();
  await ingrid.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await pears.waitFor({ state: "detached" });

  const plums = await server.post("ingrid_s", "The plums are ripe.");
  await kaia.getByRole("button", { name: "1 new crud", exact: true }).click();
  await articleWith(kaia, "The plums are ripe.").waitFor();
  await expireIn(database, plums, 1);
  await articleWith(kaia, "The plums are ripe.").waitFor({ state: "detached" });
});

test("a crud that waits has the likes and replies of its time when it is shown", async (t) => {
  const page = await openPage(t, browser);
  await openLive(page);
  await page.getByRole("article").first().waitFor();
  const post = await server.post("ingrid_s", "The figs are ripe.");
  const kaia = await server.token("kaia_p");
  const path = `/api/activities/${post.uuid}`;
  await page.getByRole("button", { name: "1 new crud", exact: true }).waitFor();
  await server.call("PUT", `${path}/like`, undefined, kaia);
  const withdrawn = await server.call("POST", `${path}/reply`, { message: "I am on my way." }, kaia);
  await server.call("POST", `${path}/reply`, { message: "I bring a basket." }, kaia);
  await server.call("DELETE", `/api/activities/${withdrawn.uuid}`, undefined, kaia);
  // The events come in this order.
  await server.post("ingrid_s", "And the quinces.");
  await page.getByRole("button", { name: "2 new cruds" }).click();
  const figs = articleWith(page, "The figs are ripe.");
  await figs.getByRole("list", { name: "Replies" }).first().getByText("I bring a basket.").waitFor();
  await figs.getByRole("button", { name: "1 reply" }).waitFor();
  await figs.getByRole("button", { name: "Like 1" }).waitFor();
  assert.equal(await figs.getByText("I am on my way.").count(), 0);
});

test("two tabs of one browser share one stream, and the second goes on when the first is closed", async (t) => {
  const first = await openPage(t, browser);
  const streams = [];
  first.context().on("request", (request) => request.url().includes("/api/live?") && streams.push(request));
  await openLive(first);
  const second = await first.context().newPage();
  await second.goto(server.url);
  await second.getByRole("article").first().waitFor();
  await server.post("samir_h", "For both tabs.");
  for (const page of [first, second]) await page.getByRole("button", { name: "1 new crud", exact: true }).waitFor();
  assert.equal(streams.length, 1);
  assert.equal(streams[0].frame().page(), first);

  const taken = second.waitForResponse(isStream);
  await first.close();
  // It goes on where the first ended: nothing that happens between the two streams is missing.
  await server.post("samir_h", "For the second tab.");
  await taken;
  await second.getByRole("button", { name: "2 new cruds" }).waitFor();
});

test("a hidden tab hands the stream over to a visible one", async (t) => {
  const first = await openPage(t, browser);
  await openLive(first);
  const second = await first.context().newPage();
  await second.goto(server.url);
  await second.getByRole("article").first().waitFor();
  await setHidden(first, true);
  const taken = second.waitForResponse(isStream);
  await setHidden(second, false);
  await taken;
  await server.post("samir_h", "For the visible tab.");
  await second.getByRole("button", { name: "1 new crud", exact: true }).waitFor();
});

test("a tab that stays hidden ends its stream, and shows what it missed when it is visible again", async (t) => {
  const page = await openPage(t, browser);
  await openLive(page);
  await page.getByRole("article").first().waitFor();
  const ended = page.waitForEvent("requestfailed", (request) => request.url().includes("/api/live?"));
  await page.clock.install();
  await setHidden(page, true);
  await page.clock.runFor(61_000);
  await ended;
  await server.post("samir_h", "While it was hidden.");
  await setHidden(page, false);
  await page.getByRole("button", { name: "1 new crud", exact: true }).waitFor();
});

test("a page that the browser keeps for going back leaves the stream to another tab, and joins again", async (t) => {
  const first = await openPage(t, browser);
  await openLive(first);
  const second = await first.context().newPage();
  await second.goto(server.url);
  await second.getByRole("article").first().waitFor();
  const taken = second.waitForResponse(isStream);
  await first.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  await taken;
  await server.post("samir_h", "While the page is kept.");
  await second.getByRole("button", { name: "1 new crud", exact: true }).waitFor();
  await first.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await first.getByRole("button", { name: "1 new crud", exact: true }).waitFor();
  const takenBack = first.waitForResponse(isStream);
  await second.close();
  await takenBack;
});

test("a page that loads while another tab has the stream misses nothing between its answer and the stream", async (t) => {
  const first = await openPage(t, browser);
  await openLive(first);
  await first.getByRole("article").first().waitFor();
  const second = await first.context().newPage();
  let isPosted = false;
  await second.route("**/api/activities/home?*", async (route) => {
    const response = await route.fetch();
    if (!isPosted) {
      isPosted = true;
      await server.post("samir_h", "Just after the answer.");
      await first.getByRole("button", { name: "1 new crud", exact: true }).waitFor();
    }
    await route.fulfill({ response });
  });
  await second.goto(server.url);
  await second.getByRole("button", { name: "1 new crud", exact: true }).waitFor();
});

test("what a page has shown is freed when the user leaves it", async (t) => {
  const post = await server.post("bayko", "Soon forgotten.");
  const page = await openPage(t, browser);
  await signIn(page, server, "Mei Lin");
  await openLive(page);
  await page.getByRole("article").first().waitFor();
  const paths = ["/", `/@bayko/status/${post.uuid}`, "/@bayko", "/notifications", "/messages/@bayko", "/search?q=soon"];
  await page.evaluate(() => { globalThis.shown = []; });
  for (const path of paths) {
    await visit(page, path);
    await page.locator("main li, main article, main form").first().waitFor();
    await page.evaluate(() => { shown.push(...[...document.querySelectorAll("main *")].map((element) => new WeakRef(element))); });
  }
  await visit(page, "/sign-in");
  await page.getByRole("button", { name: "Mei Lin" }).waitFor();
  await until(async () => {
    await page.requestGC();
    return page.evaluate(() => shown.every((reference) => !reference.deref()));
  }, "the elements are freed");
});

test("a thread, a user's page and a conversation change by themselves", async (t) => {
  const post = await server.post("bayko", "A lively thread.");
  const page = await openPage(t, browser);
  await signIn(page, server, "Mei Lin");
  await openLive(page, `/@bayko/status/${post.uuid}`);
  await articleWith(page, "A lively thread.").waitFor();
  const sofia = await server.token("sofia_r");
  const path = `/api/activities/${post.uuid}`;
  const reply = await server.call("POST", `${path}/reply`, { message: "Very lively." }, sofia);
  await page.getByRole("list", { name: "Replies" }).first().getByText("Very lively.").waitFor();
  await server.call("PUT", `/api/activities/${reply.uuid}/like`, undefined, await server.token("kaia_p"));
  await page.getByRole("article").filter({ hasText: "Very lively." }).last().getByRole("button", { name: "Like 1" }).waitFor();
  await server.call("DELETE", `/api/activities/${reply.uuid}`, undefined, sofia);
  await page.getByText("Very lively.").waitFor({ state: "detached" });

  const userStream = page.waitForResponse(isStream);
  await articleWith(page, "A lively thread.").locator("a.byline").click();
  await page.getByText("joined in").waitFor();
  await userStream;
  await server.post("bayko", "From my page.");
  await page.getByRole("button", { name: "1 new crud", exact: true }).waitFor();
  const renamed = { display_name: "Andrew the Great", bio: "" };
  await server.call("PUT", "/api/profile/update", renamed, await server.token("bayko"));
  await page.getByRole("heading", { name: "Andrew the Great" }).waitFor();

  await page.getByRole("link", { name: "Message", exact: true }).click();
  await page.getByText("Say hello.").waitFor();
  await server.call("POST", "/api/messages", { message: "Hello, Mei.", handle: "mei_lin" }, await server.token("bayko"));
  await page.getByText("Hello, Mei.").waitFor();
});

test("notices and messages change their numbers and lists by themselves", async (t) => {
  const post = await server.post("tunde_a", "The choir meets.");
  const page = await openPage(t, browser);
  await signIn(page, server, "Tunde Adeyemi");
  await page.getByRole("link", { name: /^Notices/ }).click();
  await page.getByRole("link", { name: "Notices", exact: true }).waitFor();
  await openLive(page);
  await server.call("PUT", `/api/activities/${post.uuid}/like`, undefined, await server.token("mei_lin"));
  await page.getByRole("link", { name: "Notices 1 unread" }).waitFor();
  await server.call("POST", "/api/messages", { message: "Which key?", handle: "tunde_a" }, await server.token("mei_lin"));
  await page.getByRole("link", { name: "Messages 1 unread" }).waitFor();
  await page.getByRole("link", { name: /^Notices/ }).click();
  await page.getByText("Mei Lin liked your crud").waitFor();
  await page.getByRole("link", { name: "Notices", exact: true }).waitFor();
  await server.post("kaia_p", "I will come, @tunde_a.");
  await page.getByText("Kaia Parata mentioned you").waitFor();
});

test("a page that was cut off shows everything that happened meanwhile, once", async (t) => {
  const page = await openPage(t, browser);
  await openLive(page);
  await server.post("ingrid_s", "Before the cut.");
  await page.getByRole("button", { name: "1 new crud", exact: true }).waitFor();
  await server.stop();
  const back = page.waitForResponse(isStream, { timeout: 60_000 });
  await server.launch();
  await server.post("ingrid_s", "After the cut.");
  await back;
  await page.getByRole("button", { name: "2 new cruds" }).click();
  for (const text of ["Before the cut.", "After the cut."]) assert.equal(await page.getByText(text).count(), 1);
});

test("a stream that a proxy holds back or the server refuses is no reason for an error, and the page asks regularly", async (t) => {
  for (const respond of [
    (route) => route.fulfill({ status: 503, headers: { "Retry-After": "60" }, json: ["service_unavailable"] }),
    (route) => route.fulfill({ status: 404, json: ["route_not_found"] }),
    () => {},
  ]) {
    const page = await openPage(t, browser);
    await page.clock.install();
    await page.route("**/api/live?*", respond);
    await page.goto(server.url);
    await page.getByRole("article").first().waitFor();
    const text = `Without a stream ${Math.random()}.`;
    await server.post("ingrid_s", text);
    await until(async () => {
      await page.clock.runFor(5_000);
      return page.getByRole("button", { name: "1 new crud", exact: true }).isVisible();
    }, "the page has asked");
    assert.ok(await page.getByText("The server cannot be reached.").isHidden());
    await page.unrouteAll({ behavior: "ignoreErrors" });
  }
});

test("an own crud and an own like are counted once, whichever arrives first, the answer or the event", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Priya Natarajan");
  await openLive(page);
  const { promise: held, resolve: release } = deferred();
  await page.route("**/api/activities", async (route) => {
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  });
  await composer(page).fill("Event before answer.");
  await page.getByRole("button", { name: "Crud", exact: true }).click();
  await page.getByRole("button", { name: "1 new crud", exact: true }).waitFor();
  release();
  await page.getByRole("button", { name: "1 new crud", exact: true }).waitFor({ state: "hidden" });
  assert.equal(await page.getByRole("article").filter({ hasText: "Event before answer." }).count(), 1);

  const like = articleWith(page, "Event before answer.").getByRole("button", { name: "Like" });
  const kaia = await server.token("kaia_p");
  const [{ uuid }] = await server.call("GET", "/api/activities/@priya_n");
  await like.click();
  await server.call("PUT", `/api/activities/${uuid}/like`, undefined, kaia);
  await articleWith(page, "Event before answer.").getByRole("button", { name: "Like 2" }).waitFor();
});

test("a session that the stream ends says so", async (t) => {
  const page = await openPage(t, browser);
  await signIn(page, server, "Kaia Parata");
  await openLive(page);
  await page.getByRole("article").first().waitFor();
  await page.route("**/api/live?*", (route) => {
    const headers = { "Content-Type": "text/event-stream" };
    return route.fulfill({ headers, body: "retry: 1000\n\nevent: unauthorized\ndata: {}\n\n" });
  });
  // The stream begins anew with the topic of the thread.
  await page.locator("a.age").first().click();
  await page.getByText("Your session has ended.").waitFor();
});

function deferred() {
  let resolve;
  const promise = new Promise((done) => { resolve = done; });
  return { promise, resolve };
}
