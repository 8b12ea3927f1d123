// The console, used in Chromium as an operator would.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, launch, openPage } from "./support/browser.js";
import { Ec2 } from "./support/ec2.js";
import { PsqlSession } from "./support/psql.js";
import { Server, until } from "./support/server.js";

let browser;
let ec2;
let server;

before(async () => {
  ec2 = await Ec2.start("8.8.4.4/32");
  [browser, server] = await Promise.all([launch(), Server.start(ec2.settings("8.8.4.4"))]);
});

after(async () => {
  await browser?.close();
  await server?.end();
  ec2?.end();
});

/** Signs in with the form and opens the page with that heading. */
async function openConsole(t, heading) {
  const page = await openPage(t, browser);
  await page.goto(`${server.url}/console`);
  await page.getByLabel("Admin token").fill(await server.adminToken());
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: heading }).click();
  await page.getByRole("heading", { name: heading }).waitFor();
  return page;
}

test("a wrong admin token is refused and not stored", async (t) => {
  const page = await openPage(t, browser);
  await page.goto(`${server.url}/console/audit`);
  await page.getByLabel("Admin token").fill("x".repeat(32));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The admin token is wrong.").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
});

test("the status page shows the database's state, and its charts get readings", async (t) => {
  const page = await openConsole(t, "Status");
  await page.getByText("embedded, a child process of this server").waitFor();
  await page.getByText("reachable", { exact: true }).waitFor();
  await page.getByRole("img", { name: /^Requests per second: now \d/ }).waitFor();
  await page.getByRole("img", { name: /^Latency p95: now .* ms/ }).waitFor();
});

test("the status page shows the outcome of every sync of the security-group rule", async (t) => {
  const call = async (method, path, body) => server.call(method, path, body, await server.adminToken());
  const sync = () => call("POST", "/admin/security-group/sync", {});
  const hasSynced = async () => (await call("GET", "/admin/status")).security_group === "in_step";
  await until(hasSynced, "the sync at the start has ended");
  t.after(() => { Object.assign(ec2, { isReadOnly: false, cidr: "8.8.4.4/32" }); });
  const page = await openConsole(t, "Status");
  const outcome = page.getByRole("term").filter({ hasText: "Last security-group sync" }).locator("+ dd");
  await outcome.getByText("in sync", { exact: true }).waitFor();

  ec2.cidr = "9.9.9.9/32";
  await sync();
  await page.reload();
  await outcome.getByText("changed, now in sync", { exact: true }).waitFor();

  Object.assign(ec2, { isReadOnly: true, cidr: "9.9.9.9/32" });
  await assert.rejects(sync(), /422/);
  await page.reload();
  await outcome.getByText("failed", { exact: true }).waitFor();
});

test("a dry run of the migrations reports that none is pending", async (t) => {
  const page = await openConsole(t, "Migrations");
  await page.getByRole("cell", { name: "create users" }).waitFor();
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByText("Dry run: no migration is pending; nothing would be applied.").waitFor();
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText("No migration is pending.", { exact: true }).waitFor();
});

test("an administrator looks a user up, suspends the user after a confirmation, and reinstates the user", async (t) => {
  await server.post("mei_lin", "A crud of a suspended user.");
  const home = async () => (await server.call("GET", "/api/activities/home")).map(({ message }) => message);
  const page = await openConsole(t, "Users");
  await page.getByText("No user is suspended.").waitFor();
  await page.getByLabel("Handle").fill("unknown");
  await page.getByRole("button", { name: "Look up" }).click();
  await page.getByText("There is no such user.").waitFor();
  await page.getByLabel("Handle").fill("@Mei_Lin");
  await page.keyboard.press("Enter");
  await page.getByRole("row", { name: /@mei_lin/ }).getByRole("button", { name: "Suspend" }).click();
  await page.getByRole("dialog", { name: "Suspend @mei_lin?" }).getByRole("button", { name: "Suspend" }).click();
  await page.getByRole("status").getByText("@mei_lin is suspended.").waitFor();
  assert.ok(!(await home()).includes("A crud of a suspended user."));

  const list = page.getByRole("region", { name: "Suspended users" });
  await list.getByRole("row", { name: /@mei_lin/ }).getByRole("button", { name: "Reinstate" }).click();
  await page.getByRole("dialog", { name: "Reinstate @mei_lin?" }).getByRole("button", { name: "Reinstate" }).click();
  await page.getByText("No user is suspended.").waitFor();
  assert.ok((await home()).includes("A crud of a suspended user."));
});

test("the charts show the time before the operator opened the console", async (t) => {
  const call = async (path) => server.call("GET", path, undefined, await server.adminToken());
  await until(async () => (await call("/admin/history")).length > 0, "the server has a sample");
  const page = await openConsole(t, "Status");
  await page.getByRole("heading", { name: "Last hour" }).waitFor();
  const drawing = page.getByRole("img", { name: /^Connections open: now \d+, max \d+/ });
  await drawing.waitFor();
  assert.match(await drawing.locator(".line").getAttribute("d"), /^M/);
});

test("the audit log lists the operator's requests, and only those of a filter", async (t) => {
  const page = await openConsole(t, "Status");
  // The status may arrive, and its row be inserted, after the heading is shown.
  const latest = async () => server.call("GET", "/admin/audit", undefined, await server.adminToken());
  await until(async () => (await latest()).some(({ path }) => path === "/admin/status"), "the audit has the request");
  await page.getByRole("link", { name: "Audit" }).click();
  await page.getByRole("cell", { name: "GET /admin/status" }).first().waitFor();
  await page.getByLabel("Path begins with").fill("/admin/nothing/begins/so");
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.getByText("There are no such requests.").waitFor();
  await page.getByLabel("Path begins with").fill("/admin/status");
  await page.getByLabel("Outcome").selectOption("Succeeded");
  await page.getByRole("cell", { name: "GET /admin/status" }).first().waitFor();
});

test("a backup is downloaded, and restored after the database's name is repeated", async (t) => {
  const page = await openConsole(t, "Backup");
  const started = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download backup" }).click();
  const archive = await (await started).path();
  await page.getByText(/^The backup has \d/).waitFor();
  await page.getByRole("button", { name: "Restore" }).click();
  await page.getByText("Choose an archive first.").waitFor();
  await page.getByLabel("Archive").setInputFiles(archive);
  await page.getByRole("button", { name: "Restore" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/Repeat the database’s name/).fill("another");
  await dialog.getByRole("button", { name: "Replace the database" }).click();
  await dialog.getByText("The database’s name is cruddur.").waitFor();
  await dialog.getByLabel(/Repeat the database’s name/).fill("cruddur");
  await dialog.getByRole("button", { name: "Replace the database" }).click();
  await page.getByText(/^Restored \d+ objects into cruddur\.$/).waitFor();
  await until(async () => (await server.call("GET", "/api/activities/home")).length > 0, "the server serves the restored database");
});

test("the jobs page shows the latest run of each job", async (t) => {
  const page = await openConsole(t, "Jobs");
  const words = page.getByRole("row").filter({ hasText: "moves the words" });
  await words.getByText("succeeded").waitFor();
});

test("the settings page shows where each value came from, and no secret", async (t) => {
  const page = await openConsole(t, "Settings");
  await page.getByRole("row").filter({ hasText: "RATE_LIMIT_READS" }).getByText("default").waitFor();
  await page.getByLabel("Only settings that are set").check();
  await page.getByRole("row").filter({ hasText: "CRUDDUR_DATA_DIR" }).getByText("environment").waitFor();
  assert.ok(!(await page.content()).includes(await server.adminToken()));
});

test("signing out deletes the admin token", async (t) => {
  const page = await openConsole(t, "Status");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Admin token").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
});

test("the sessions page shows a blocked session and its blocker, and terminates it after a confirmation", async (t) => {
  const holder = await PsqlSession.open(server, "holder");
  const waiter = await PsqlSession.open(server, "waiter");
  t.after(() => [holder, waiter].forEach((session) => session.end()));
  holder.send("select 'held' from pg_advisory_lock(7)");
  assert.equal(await holder.line(), "held");
  waiter.send("select 'secret' from pg_advisory_lock(7)");

  const page = await openConsole(t, "Sessions");
  const pool = page.getByRole("group").filter({ hasText: "own pool" });
  await pool.waitFor();
  assert.equal(await pool.evaluate((details) => details.open), false);
  await page.getByLabel("Only blocked and blocking sessions").check();
  const blocked = page.getByRole("row").filter({ hasText: "waiter" });
  await blocked.getByText("blocked by").waitFor();
  await page.getByRole("row").filter({ hasText: "holder" }).getByText("blocks", { exact: true }).waitFor();
  assert.doesNotMatch(await blocked.innerText(), /secret/);

  await blocked.getByRole("button", { name: "Terminate" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/Backend \d+, user cruddur, application waiter/).waitFor();
  await dialog.getByRole("button", { name: "Terminate" }).click();
  await page.getByText(/Backend \d+ has exited\./).waitFor();
  await page.getByText("No session is blocked.").waitFor();
});

test("the inspect page shows what blocks a session, with a verdict and the command that ends it", async (t) => {
  const holder = await PsqlSession.open(server, "holder");
  const waiter = await PsqlSession.open(server, "waiter");
  t.after(() => [holder, waiter].forEach((session) => session.end()));
  holder.send("begin; select 'held' from pg_advisory_xact_lock(8)");
  assert.equal(await holder.line(), "held");
  waiter.send("select 'secret' from pg_advisory_xact_lock(8)");

  const page = await openConsole(t, "Inspect");
  const blocking = page.getByRole("group").filter({ has: page.getByRole("heading", { name: "Blocking" }) });
  await until(async () => {
    await page.getByRole("button", { name: "Refresh" }).click();
    return (await blocking.getByText("look", { exact: true }).count()) > 0;
  }, "a second of waiting deserves a look");
  const [first, second] = await blocking.getByRole("listitem").allInnerTexts();
  assert.match(first, /process \d+ \(holder\)\s+blocks 1/);
  assert.match(first, /cruddur db terminate \d+ --backend-start/);
  assert.match(second, /process \d+ \(waiter\)\s+waits for/);
  assert.doesNotMatch(await page.locator("main").innerText(), /secret/);
  await page.getByText(/to look at/).waitFor();
  const vacuum = page.getByRole("heading", { name: "Vacuum and transaction ids" });
  await vacuum.click();
  await page.getByText(/autovacuum freezes from/).first().waitFor();
  await assertAccessible(page, "findings");
});

test("an operator looks at a report, removes the crud, suspends its author and closes the report", async (t) => {
  const crud = await server.post("kaia_p", "Buy my miracle pills.");
  const report = { reason: "spam", note: "For the third time." };
  await server.call("POST", `/api/activities/${crud.uuid}/report`, report, await server.token("sofia_r"));
  const page = await openConsole(t, "Reports");
  const row = page.getByRole("row").filter({ hasText: crud.uuid });
  await row.getByText("spam").waitFor();
  assert.equal(await page.getByText("Buy my miracle pills.").count(), 0);
  await row.getByRole("button", { name: "Look" }).click();
  await page.getByRole("heading", { name: "Report", exact: true }).and(page.locator(":focus")).waitFor();
  for (const text of ["Buy my miracle pills.", "For the third time.", "Kaia Parata (@kaia_p)", "Sofía Reyes (@sofia_r)"]) {
    await page.getByText(text).waitFor();
  }
  await assertAccessible(page, "a report");

  await page.getByRole("button", { name: "Remove crud" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText("The crud is removed.").waitFor();
  await page.getByText("gone", { exact: true }).waitFor();
  await page.getByText("Buy my miracle pills.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Remove crud" }).count(), 0);

  await page.getByRole("button", { name: "Suspend author" }).click();
  await page.getByRole("dialog", { name: "Suspend @kaia_p?" }).getByRole("button", { name: "Suspend" }).click();
  await page.getByText("@kaia_p is suspended.").waitFor();
  await page.getByRole("button", { name: "Suspend author" }).click();
  await page.getByText("@kaia_p is suspended already.").waitFor();
  await server.call("DELETE", "/admin/users/@kaia_p/suspend", undefined, await server.adminToken());

  await page.getByRole("button", { name: "Close report" }).click();
  const dialog = page.getByRole("dialog", { name: "Close the report" });
  await dialog.getByRole("combobox", { name: "Decision" }).selectOption("actioned");
  await dialog.getByRole("button", { name: "Close report" }).click();
  await page.getByText("The report is closed.").waitFor();
  await page.getByText("There are no such reports.").waitFor();
  await page.getByRole("combobox", { name: "State" }).selectOption("Closed");
  await row.getByText("closed: actioned").waitFor();
});

test("a seed set is loaded again after a confirmation that names the database", async (t) => {
  const page = await openConsole(t, "Seeds");
  await page.getByRole("row", { name: /demo/ }).getByRole("button", { name: "Load again" }).click();
  await page.getByRole("dialog").getByText("inserted into database cruddur (environment: development)").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Load" }).click();
  await page.getByText(/Loaded demo into database cruddur/).waitFor();
});

test("a security-group rule that is out of sync is shown, tried in a dry run, and updated after a confirmation", async (t) => {
  const page = await openConsole(t, "Security group");
  await page.getByText("in sync", { exact: true }).waitFor();
  ec2.cidr = "9.9.9.9/32";
  await page.reload();
  await page.getByText("out of sync").waitFor();
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByText("Dry run: the rule would be changed. Nothing was changed. 9.9.9.9/32 → 8.8.4.4/32.").waitFor();
  await page.getByRole("button", { name: "Sync" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("allows 9.9.9.9/32. It will allow only 8.8.4.4, on port 5432").waitFor();
  await dialog.getByRole("button", { name: "Sync" }).click();
  await page.getByRole("status").getByText("The rule was changed, and a second read from EC2 confirmed it. 9.9.9.9/32 → 8.8.4.4/32.").waitFor();
  await page.getByText("in sync", { exact: true }).waitFor();
  assert.equal(ec2.cidr, "8.8.4.4/32");
});

test("the security group's page lists who reaches the port, and marks a rule for everyone", async (t) => {
  ec2.cidr = "8.8.4.4/32";
  ec2.others = ["9.9.9.0/24", "0.0.0.0/0"];
  t.after(() => { ec2.others = []; });
  const page = await openConsole(t, "Security group");
  const table = page.getByRole("region", { name: "Rules that reach the port" });
  await table.getByRole("row", { name: /8\.8\.4\.4\/32 tcp port 5432 .* this server’s/ }).waitFor();
  await table.getByRole("row", { name: /9\.9\.9\.0\/24 tcp port 5432 sgr-other0/ }).waitFor();
  await table.getByText("0.0.0.0/0 (everyone)").waitFor();
  const open = page.getByRole("term").filter({ hasText: "Open to everyone" }).locator("+ dd");
  assert.equal(await open.textContent(), "yes");
});
