// Takes the screenshots of docs/screenshots: every page on a phone and on a wide screen. They are
// documentation; no test compares them.
//
//   npm --prefix tests/browser run screenshots [FOLDER]

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { launch, newPage, PHONE, WIDE } from "./support/browser.js";
import { Ec2 } from "./support/ec2.js";
import { PsqlSession } from "./support/psql.js";
import { Server } from "./support/server.js";

const FOLDER = path.resolve(process.argv[2] ?? "../../docs/screenshots");

/**
 * Name, path, text to wait for (null: readings in the charts), the button to click then and the text that it shows, and whether the dark scheme is
 * taken too.
 */
const CLIENT = [
  ["home", "/", "olives", { dark: true }],
  ["thread", "thread", "bus driver", { dark: true }],
  ["user", "/@ingrid_s", "olives"],
  ["profile", "/@andrewbrown", "Microphone check."],
  ["search", "/search?q=cake", "Lemon cake"],
  ["notices", "/notifications", "One biscuit"],
  ["messages", "/messages", "B flat"],
  ["conversation", "/messages/@ingrid_s", "Thursday is perfect"],
];

/** What is seen without signing in. */
const STRANGER = [
  ["sign-in", "/sign-in", "Samir Haddad"],
  ["not-found", "/no/such/page", "There is nothing here", { dark: true }],
  ["no-user", "/@no_such_user", "There is no such user"],
  ["gone", "/@ingrid_s/status/00000000-0000-4000-8000-000000000000", "It had its time", { dark: true }],
  ["console-sign-in", "/console", "Admin token"],
];

const CONSOLE = [
  ["console-status", "/console", null, { dark: true }],
  ["console-migrations", "/console/migrations", "create users"],
  ["console-seeds", "/console/seeds", "demo"],
  ["console-backup", "/console/backup", "Download backup"],
  ["console-inspect", "/console/inspect", "waits for", { dark: true }],
  ["console-sessions", "/console/sessions", "blocked by", { dark: true }],
  ["console-security-group", "/console/security-group", "9.9.9.9"],
  ["console-users", "/console/users", "Pete Kowalski"],
  ["console-reports", "/console/reports", "spam"],
  ["console-report", "/console/reports", "spam", { button: "Look", shows: "bus driver", dark: true }],
  ["console-audit", "/console/audit", "GET /admin/status"],
  ["console-jobs", "/console/jobs", "deletes expired activities"],
  ["console-settings", "/console/settings", "RATE_LIMIT_READS"],
];

const MESSAGES = [
  ["kaia_p", "andrewbrown", "Low tide at six tomorrow. Are you coming?"],
  ["OldPete", "andrewbrown", "The valve radio is ready. It hums in B flat."],
  ["ingrid_s", "andrewbrown", "There is jam. Bring a jar."],
  ["andrewbrown", "ingrid_s", "Two jars! Is Thursday all right?"],
  ["ingrid_s", "andrewbrown", "Thursday is perfect. I will be in the garden until dark, so come round the back."],
];

const ec2 = await Ec2.start("8.8.4.4/32");
const [browser, server] = await Promise.all([launch(), Server.start(ec2.settings("8.8.4.4"))]);
await mkdir(FOLDER, { recursive: true });
const sessions = await blockSession();
ec2.cidr = "9.9.9.9/32";
for (const [from, handle, message] of MESSAGES) {
  await server.call("POST", "/api/messages", { message, handle }, await server.token(from));
}
const home = await server.call("GET", "/api/activities/home?limit=50");
const discussed = home.find(({ message }) => message.includes("bus driver"));
CLIENT[1][1] = `/@${discussed.handle}/status/${discussed.uuid}`;

const token = await server.token("samir_h");
await server.call("POST", `/api/activities/${discussed.uuid}/report`, { reason: "spam", note: "The same in every thread." }, token);
const client = { key: "access_token", token: await server.token("andrewbrown") };
const operator = { key: "admin_token", token: await server.adminToken() };
await takeScreenshots(null, STRANGER);
await takeScreenshots(client, CLIENT);
await server.call("PUT", "/admin/users/@OldPete/suspend", undefined, operator.token);
await takeScreenshots(operator, CONSOLE);
sessions.forEach((session) => session.end());
await browser.close();
await server.end();
ec2.end();

async function takeScreenshots(signedIn, shots) {
  for (const viewport of [PHONE, WIDE]) {
    for (const scheme of ["light", "dark"]) {
      const page = await newPage(browser, { viewport, scheme, isMobile: viewport === PHONE, hasTouch: viewport === PHONE });
      await page.addInitScript(([key, token]) => {
        (key === "access_token" ? localStorage : sessionStorage).setItem(key, token);
      }, [signedIn?.key ?? "", signedIn?.token ?? ""]);
      for (const [name, address, text, { dark = false, button, shows } = {}] of shots) {
        if (scheme === "dark" && !dark) continue;
        await page.goto(server.url + address);
        if (text === null) await createLoad(page);
        else await page.getByText(text).first().waitFor();
        if (button) {
          await page.getByRole("button", { name: button }).first().click();
          await page.getByText(shows).first().waitFor();
        }
        const file = `${name}-${viewport.width}${scheme === "dark" ? "-dark" : ""}.png`;
        await page.screenshot({ path: path.join(FOLDER, file) });
      }
      await page.context().close();
    }
  }
}

/** Sends requests for 24 seconds, so that the charts have readings. */
async function createLoad(page) {
  for (let reading = 1; reading <= 12; reading += 1) {
    await Promise.all(Array.from({ length: 3 + ((reading * 7) % 17) }, () => server.call("GET", "/api/activities/home")));
    await page.waitForTimeout(2_000);
  }
}

/** Opens two sessions, the second of which waits for a lock of the first. */
async function blockSession() {
  const [holder, waiter] = [await PsqlSession.open(server, "nightly-report"), await PsqlSession.open(server, "psql")];
  holder.send("begin; lock table users in share mode; select 'held'");
  await holder.line();
  waiter.send("update users set bio = '' where handle = 'no_such_user'");
  return [holder, waiter];
}
