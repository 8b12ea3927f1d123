// The console, used as an operator would.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, tab } from "./support/browser.js";
import { Ec2 } from "./support/ec2.js";
import { Session } from "./support/psql.js";
import { Server } from "./support/server.js";

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

/** Signs in by hand and goes to a page. */
async function operate(t, place) {
  const page = await tab(t, browser);
  await page.goto(`${server.url}/console`);
  await page.getByLabel("Admin token").fill(await server.adminToken());
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: place }).click();
  await page.getByRole("heading", { name: place }).waitFor();
  return page;
}

test("a wrong token opens nothing, and is not kept", async (t) => {
  const page = await tab(t, browser);
  await page.goto(`${server.url}/console/audit`);
  await page.getByLabel("Admin token").fill("x".repeat(32));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("That is not the token.").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
});

test("the status shows how the server is, and the charts move", async (t) => {
  const page = await operate(t, "Status");
  await page.getByText("embedded, a child of this server").waitFor();
  await page.getByText("reachable").waitFor();
  await page.getByRole("img", { name: /^Requests in a second: now \d/ }).waitFor();
  await page.getByRole("img", { name: /^Latency.*: now .* ms/ }).waitFor();
});

test("a dry run of the migrations changes nothing, and says so", async (t) => {
  const page = await operate(t, "Migrations");
  await page.getByRole("cell", { name: "create users" }).waitFor();
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByText("Dry run: nothing is pending, nothing would be applied.").waitFor();
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText("Nothing is pending.", { exact: true }).waitFor();
});

test("what an operator does stands in the audit", async (t) => {
  const page = await operate(t, "Audit");
  await page.getByRole("cell", { name: "GET /admin/status" }).first().waitFor();
});

test("signing out forgets the token", async (t) => {
  const page = await operate(t, "Status");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Admin token").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
});

test("a blocked session is found, with who blocks it, and terminated after a question", async (t) => {
  const holder = await Session.open(server, "holder");
  const waiter = await Session.open(server, "waiter");
  t.after(() => [holder, waiter].forEach((session) => session.end()));
  holder.send("select 'held' from pg_advisory_lock(7)");
  assert.equal(await holder.line(), "held");
  waiter.send("select 'secret' from pg_advisory_lock(7)");

  const page = await operate(t, "Sessions");
  await page.getByLabel("Only who waits").check();
  const blocked = page.getByRole("row").filter({ hasText: "waiter" });
  await blocked.getByText("blocked by").waitFor();
  await page.getByRole("row").filter({ hasText: "holder" }).getByText("blocks", { exact: true }).waitFor();
  assert.doesNotMatch(await blocked.innerText(), /secret/);

  await blocked.getByRole("button", { name: "Terminate" }).click();
  const question = page.getByRole("dialog");
  await question.getByText(/Process \d+, cruddur in waiter/).waitFor();
  await question.getByRole("button", { name: "Terminate" }).click();
  await page.getByText(/Process \d+ is gone\./).waitFor();
  await page.getByText("Nobody waits for anybody.").waitFor();
});

test("the demo data is loaded again after a question that names the database", async (t) => {
  const page = await operate(t, "Seeds");
  await page.getByRole("row", { name: /demo/ }).getByRole("button", { name: "Load again" }).click();
  await page.getByRole("dialog").getByText("written into cruddur, stamped development").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Load" }).click();
  await page.getByText(/Loaded demo into cruddur/).waitFor();
});

test("the security-group rule is seen out of step, and brought in step", async (t) => {
  const page = await operate(t, "Security group");
  await page.getByText("in step", { exact: true }).waitFor();
  ec2.cidr = "9.9.9.9/32";
  await page.reload();
  await page.getByText("not in step").waitFor();
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByText("It would be changed; nothing was. 9.9.9.9/32 → 8.8.4.4/32.").waitFor();
  await page.getByRole("button", { name: "Sync" }).click();
  const question = page.getByRole("dialog");
  await question.getByText("lets in 9.9.9.9/32. It will let in 8.8.4.4 on port 5432").waitFor();
  await question.getByRole("button", { name: "Sync" }).click();
  await page.getByRole("status").getByText("It was changed, and looked at again. 9.9.9.9/32 → 8.8.4.4/32.").waitFor();
  await page.getByText("in step", { exact: true }).waitFor();
  assert.equal(ec2.cidr, "8.8.4.4/32");
});
