// The client in Chromium, on a page of another origin than the server's, as a web application uses it.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { type Browser, chromium } from "playwright-core";

import { type Server, startServer } from "./server.js";

const PROGRAMS = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const ROOT = new URL("../../", import.meta.url).pathname;
const PAGE = `<!doctype html><html lang="en"><title>A client</title>
<script type="importmap">{ "imports": {
  "@cruddur/client": "/dist/src/index.js", "openapi-fetch": "/node_modules/openapi-fetch/dist/index.mjs" } }</script>`;

let browser: Browser;
let files: HttpServer;
let origin: string;
let server: Server;

before(async () => {
  files = createServer(async (request, response) => {
    const path = request.url ?? "/";
    if (path === "/") return response.setHeader("Content-Type", "text/html").end(PAGE);
    const text = await readFile(join(ROOT, path)).catch(() => undefined);
    response.writeHead(text ? 200 : 404, { "Content-Type": "text/javascript" }).end(text);
  });
  await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
  origin = `http://localhost:${(files.address() as AddressInfo).port}`;
  const executablePath = PROGRAMS.find((program) => program !== undefined && existsSync(program));
  [browser, server] = await Promise.all([
    chromium.launch({
      ...(executablePath && { executablePath }),
      args: process.getuid?.() === 0 ? ["--no-sandbox", "--disable-gpu"] : ["--disable-gpu"],
    }),
    startServer({ FRONTEND_URL: origin }),
  ]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  files?.close();
});

test("a page of another origin signs in, writes with a key and iterates over all pages", async () => {
  const page = await browser.newPage();
  await page.goto(`${origin}/`);
  const { posted, count, first } = await page.evaluate(async (baseUrl) => {
    // A name that the compiler does not resolve; the page's import map does.
    const name = "@cruddur/client";
    const { createClient, paginate, unwrap }: typeof import("../src/index.js") = await import(name);
    const session = await unwrap(createClient({ baseUrl }).POST("/api/dev/session", { body: { handle: "bayko" } }));
    const client = createClient({ baseUrl, token: () => session.token });
    const posted = await unwrap(client.POST("/api/activities", { body: { message: "from a page", ttl: "1-hour" } }));
    const uuids: string[] = [];
    for await (const activity of paginate(client, "/api/activities/home", { query: { limit: 10 } })) {
      uuids.push(activity.uuid);
    }
    return { posted: posted.uuid, count: new Set(uuids).size, first: uuids[0] };
  }, server.baseUrl);
  assert.equal(first, posted);
  assert.ok(count > 10, `${count} activities`);
});
