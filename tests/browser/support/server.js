// A server for one test file: the real program, on a port and with an embedded database of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../../..");
const PROGRAM = process.env.CRUDDUR ?? path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, "target"), "debug/cruddur");
/** Milliseconds until `until` gives up. */
const TIMEOUT = 60_000;

export class Server {
  /** Starts it with the demo's users and cruds. `settings` are environment variables. */
  static async start(settings = {}) {
    // Under root, PostgreSQL runs as another user, which must be able to enter the directory.
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

  /** Runs the program and waits until it is ready. */
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
        const match = line.match(/"port":(\d+)/);
        if (match) resolve(Number(match[1]));
      });
      this.process.once("exit", () => reject(new Error(`the server exited before it listened:\n${log.join("\n")}`)));
    });
    this.port = await listening;
    await until(async () => (await fetch(`${this.url}/readyz`)).ok, "the server is ready");
  }

  /** Stops the program with SIGTERM and keeps its data. */
  async stop() {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, "exit");
    this.process.kill("SIGTERM");
    await exited;
  }

  /** Stops the program and deletes its data. */
  async end() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The admin token that the server has generated into its data directory. */
  async adminToken() {
    return (await readFile(path.join(this.dataDir, "admin-token"), "utf8")).trim();
  }

  /** A token of a demo user. */
  async token(handle) {
    return (await this.call("POST", "/api/dev/session", { handle })).token;
  }

  /** Posts a crud as a demo user. */
  async post(handle, message, ttl = "1-day") {
    return this.call("POST", "/api/activities", { message, ttl }, await this.token(handle));
  }

  async call(method, address, body, token) {
    const headers = { "Content-Type": "application/json" };
    if (token) headers.Authorization = `Bearer ${token}`;
    const response = await fetch(this.url + address, { method, headers, body: body && JSON.stringify(body) });
    const data = await response.json();
    if (!response.ok) throw new Error(`${method} ${address}: ${response.status} ${JSON.stringify(data)}`);
    return data;
  }
}

/** Polls `condition` until it is true; `description` completes the error. */
export async function until(condition, description) {
  const deadline = Date.now() + TIMEOUT;
  while (Date.now() < deadline) {
    if (await condition().catch(() => false)) return;
    await pause(50);
  }
  throw new Error(`timed out after ${TIMEOUT / 1_000} s waiting until ${description}`);
}
