// Headless Chromium, and pages that collect the errors logged in them.

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

/** A browser with an empty, temporary profile. */
export function launch() {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: PROGRAMS.find((program) => program && existsSync(program)),
    args: isRoot ? [...QUIET, "--no-sandbox"] : QUIET,
  });
}

/**
 * A page in a browser context of its own. `page.errors` collects the errors that the page logs,
 * violations of its security policy included.
 */
export async function newPage(browser, { viewport = WIDE, scheme = "light", ...options } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: scheme, locale: "en-GB", ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.errors = [];
  page.on("pageerror", (error) => page.errors.push(String(error)));
  page.on("console", (message) => {
    // Chromium logs every response with an error status, which a test may expect.
    const isErrorStatus = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isErrorStatus) page.errors.push(message.text());
  });
  return page;
}

/** A page that is closed at the end of the test, which fails where the page has logged an error. */
export async function openPage(t, browser, options) {
  const page = await newPage(browser, options);
  t.after(async () => {
    await page.context().close();
    assert.deepEqual(page.errors, []);
  });
  return page;
}

/** Opens the sign-in page and signs in as a demo user by their display name. */
export async function signIn(page, server, name) {
  await page.goto(`${server.url}/sign-in`);
  await chooseUser(page, name);
}

/** The same by the page's own link, without loading the page anew. */
export async function signInByLink(page, name) {
  await page.getByRole("link", { name: "Sign in" }).first().click();
  await chooseUser(page, name);
}

/** On the sign-in page, or on the way to it. */
export async function chooseUser(page, name) {
  // The page before may have buttons with the name, too, such as "Reply to Andrew Brown".
  await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
  await page.getByRole("button", { name }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Fails with axe's messages where the page violates WCAG 2.2 AA or a best practice. */
export async function assertAccessible(page, name) {
  await page.evaluate(AXE);
  // What is off the screen has no layout that could be measured, nor has what arrives meanwhile.
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(".feed > li { content-visibility: visible !important; }");
    document.adoptedStyleSheets.push(sheet);
  });
  // A colour that is still changing has no contrast to measure.
  await page.evaluate(() => document.getAnimations().forEach((animation) => {
    if (animation instanceof CSSTransition) animation.finish();
  }));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  const messages = violations.map(({ id, help, nodes }) =>
    `${name}: ${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join("\n")}`);
  assert.deepEqual(messages, [], messages.join("\n"));
}
