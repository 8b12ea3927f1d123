// Measures how long the client takes to show a long feed by scrolling, and what a second at its end costs.
//
//   node tests/browser/measure_feed.js [CRUDS]
//
// Prints one line: cruds, seconds of scrolling until the last one is shown, milliseconds of scripts, style and layout
// meanwhile, and the same in ten seconds in which the user does nothing.

import { launch, newPage, PHONE } from "./support/browser.js";
import { Server } from "./support/server.js";

const CRUDS = Number(process.argv[2] ?? 600);
/** So many requests at a time fill the server. */
const PARALLEL = 20;
const IDLE_SECONDS = 10;

const [browser, server] = await Promise.all([launch(), Server.start()]);
await fill();
const page = await newPage(browser, { viewport: PHONE });
const devTools = await page.context().newCDPSession(page);
await devTools.send("Performance.enable");
await page.goto(`${server.url}/@tunde_a`);
await page.getByText(`Line`).first().waitFor();
const before = await readings();
const seconds = await page.evaluate(async (count) => {
  const started = performance.now();
  while (document.querySelectorAll(".feed > li").length < count) {
    scrollTo(0, document.documentElement.scrollHeight);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return (performance.now() - started) / 1_000;
}, CRUDS);
const scrolled = await readings();
await page.waitForTimeout(IDLE_SECONDS * 1_000);
const idle = await readings();
console.log(`${CRUDS} cruds: ${seconds.toFixed(1)} s; ${difference(before, scrolled)}; ${IDLE_SECONDS} s idle: ${difference(scrolled, idle)}`);
await browser.close();
await server.end();

/** Posts the cruds of one user, every third with replies. */
async function fill() {
  const token = await server.token("tunde_a");
  for (let first = 1; first <= CRUDS; first += PARALLEL) {
    await Promise.all(Array.from({ length: Math.min(PARALLEL, CRUDS - first + 1) }, async (_, index) => {
      const number = first + index;
      const message = `Line ${number} of ${CRUDS}, with a #tag, a mention of @mei_lin and words that fill a second line of it.`;
      const { uuid } = await server.call("POST", "/api/activities", { message, ttl: "1-day" }, token);
      const path = `/api/activities/${uuid}/reply`;
      if (number % 3 === 0) {
        for (let reply = 0; reply < 3; reply += 1) await server.call("POST", path, { message: `Reply ${reply}` }, token);
      }
    }));
  }
}

async function readings() {
  const { metrics } = await devTools.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

function difference(from, to) {
  const milliseconds = (name) => Math.round((to[name] - from[name]) * 1_000);
  return `scripts ${milliseconds("ScriptDuration")} ms, style ${milliseconds("RecalcStyleDuration")} ms, ` +
    `layout ${milliseconds("LayoutDuration")} ms, all ${milliseconds("TaskDuration")} ms`;
}
