// A server of one test file: the real program on a port and an embedded database of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../../..");
const PROGRAM = process.env.CRUDDUR ?? path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, "target"), "debug/cruddur");
/** The slowest thing that is waited for; only a broken program needs it. */
const PATIENCE = 60_000;

export class Server {
  /** With the demo's people and posts. `settings` are environment variables. */
  static async start(settings = {}) {
    // PostgreSQL runs as another user where we are root, and has to get into the folder.
    const folder = await mkdtemp(path.join(tmpdir(), "cruddur-browser-"));
    await chmod(folder, 0o755);
    const server = new Server();
    server.folder = folder;
    server.settings = settings;
    await server.launch(0);
    return server;
  }

  get url() {
    return `http://localhost:${this.port}`;
  }

  get dataDir() {
    return path.join(this.folder, "data");
  }

  /** Runs the program, until it says that it is ready. */
  async launch(port = this.port) {
    this.process = spawn(PROGRAM, ["serve", "--port", String(port)], {
      env: {
        PATH: process.env.PATH,
        CRUDDUR_DATA_DIR: this.dataDir,
        RATE_LIMIT: "off",
        LOG_FORMAT: "json",
        ...this.settings,
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const log = [];
    const listening = new Promise((resolve, reject) => {
      createInterface({ input: this.process.stderr }).on("line", (line) => {
        log.push(line);
        const found = line.match(/"port":(\d+)/);
        if (found) resolve(Number(found[1]));
      });
      this.process.once("exit", () => reject(new Error(`the server ended:\n${log.join("\n")}`)));
    });
    this.port = await listening;
    await until(async () => (await fetch(`${this.url}/readyz`)).ok, "the server is ready");
  }

  /** Stops the program as an operator does; the data stays. */
  async stop() {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill("SIGTERM");
    await ended;
  }

  /** Stops it for good. */
  async end() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The token of the first start, which stands in a file of the data directory. */
  async adminToken() {
    return (await readFile(path.join(this.dataDir, "admin-token"), "utf8")).trim();
  }

  /** A token of one of the demo's people. */
  async token(handle) {
    return (await this.call("POST", "/api/dev/session", { handle })).token;
  }

  /** A post by one of them. */
  async post(handle, message, ttl = "1-day") {
    return this.call("POST", "/api/activities", { message, ttl }, await this.token(handle));
  }

  async call(method, address, body, token) {
    const headers = { "Content-Type": "application/json" };
    if (token) headers.Authorization = `Bearer ${token}`;
    const answer = await fetch(this.url + address, { method, headers, body: body && JSON.stringify(body) });
    const data = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${JSON.stringify(data)}`);
    return data;
  }
}

/** Asks until the answer is yes. */
export async function until(isSo, fact) {
  const deadline = Date.now() + PATIENCE;
  while (Date.now() < deadline) {
    if (await isSo().catch(() => false)) return;
    await pause(50);
  }
  throw new Error(`not in ${PATIENCE / 1_000} s: ${fact}`);
}
