// The browser: Debian's Chromium without a window, and pages that report what went wrong in them.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PROGRAMS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const PHONE = { width: 390, height: 844 };
export const WIDE = { width: 1280, height: 800 };

/** A browser with nothing in it; playwright gives it a profile of its own and removes it. */
export function launch() {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: PROGRAMS.find((program) => program && existsSync(program)),
    args: isRoot ? [...QUIET, "--no-sandbox"] : QUIET,
  });
}

/**
 * A tab of a new person. What the page logs as an error, the breaking of its policy included, is
 * collected in `page.troubles`.
 */
export async function visit(browser, { viewport = WIDE, scheme = "light", ...options } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: scheme, locale: "en-GB", ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.troubles = [];
  page.on("pageerror", (error) => page.troubles.push(String(error)));
  page.on("console", (message) => {
    // A refusal is an answer; only the browser calls it an error.
    const isRefusal = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isRefusal) page.troubles.push(message.text());
  });
  return page;
}

/** A tab that is closed with the test, and must have had no trouble by then. */
export async function tab(t, browser, options) {
  const page = await visit(browser, options);
  t.after(async () => {
    await page.context().close();
    assert.deepEqual(page.troubles, []);
  });
  return page;
}

/** Signs in as one of the demo's people, by hand. */
export async function signIn(page, server, name) {
  await page.goto(`${server.url}/sign-in`);
  await pick(page, name);
}

/** The same without leaving the page: by its own link. */
export async function signInHere(page, name) {
  await page.getByRole("link", { name: "Sign in" }).first().click();
  await pick(page, name);
}

async function pick(page, name) {
  await page.getByRole("button", { name }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Fails with axe's words where the page is not accessible. */
export async function assertAccessible(page, where) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  const found = violations.map(({ id, help, nodes }) =>
    `${where}: ${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join("\n")}`);
  assert.deepEqual(found, [], found.join("\n"));
}
