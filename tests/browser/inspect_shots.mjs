import path from "node:path";
import { launch, newPage, PHONE, WIDE } from "./support/browser.js";
import { PsqlSession } from "./support/psql.js";
import { Server } from "./support/server.js";
const FOLDER = path.resolve("../../docs/screenshots");
const [browser, server] = await Promise.all([launch(), Server.start()]);
const [holder, waiter] = [await PsqlSession.open(server, "nightly-report"), await PsqlSession.open(server, "psql")];
holder.send("begin; lock table users in share mode; select 'held'");
await holder.line();
waiter.send("update users set bio = '' where handle = 'no_such_user'");
const token = await server.adminToken();
await new Promise((resolve) => setTimeout(resolve, 6000));
for (const viewport of [PHONE, WIDE]) for (const scheme of ["light", "dark"]) {
  const page = await newPage(browser, { viewport, scheme, isMobile: viewport === PHONE, hasTouch: viewport === PHONE });
  await page.addInitScript((token) => sessionStorage.setItem("admin_token", token), token);
  await page.goto(server.url + "/console/inspect");
  await page.waitForTimeout(3500);
  console.log(page.url(), (await page.locator("main").innerText()).slice(0, 600));
  await page.screenshot({ path: path.join(FOLDER, `console-inspect-${viewport.width}${scheme === "dark" ? "-dark" : ""}.png`) });
  console.log(page.errors.join());
  await page.context().close();
}
holder.end(); waiter.end();
await browser.close();
await server.end();
