// Sessions in the server's embedded database, opened by psql through its Unix socket.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";

/** The line of postmaster.pid with the socket's directory, counted from 0. */
const SOCKET_LINE = 4;

export class PsqlSession {
  /** Connects to the database of `server`; `name` is the application name that the console shows. */
  static async open(server, name) {
    const pidFile = await readFile(path.join(server.dataDir, "postgres/postmaster.pid"), "utf8");
    const socket = pidFile.split("\n")[SOCKET_LINE];
    const session = new PsqlSession();
    session.process = spawn(
      "psql",
      ["-XqAt", `host=${socket} user=cruddur dbname=cruddur application_name=${name}`],
      {
        env: { ...process.env, PATH: [process.env.PG_BIN, process.env.PATH].filter(Boolean).join(path.delimiter) },
        stdio: ["pipe", "pipe", "ignore"],
      });
    session.process.stdin.on("error", () => {});
    session.lines = createInterface({ input: session.process.stdout })[Symbol.asyncIterator]();
    return session;
  }

  /** Sends a statement without waiting for its result. */
  send(statement) {
    this.process.stdin.write(`${statement};\n`);
  }

  /** Waits for the next line of output. */
  async line() {
    return (await this.lines.next()).value;
  }

  end() {
    this.process.kill();
  }
}
