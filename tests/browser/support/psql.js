// Sessions of the tests' own beside the server's, through psql and the embedded database's socket.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";

/** The line of postmaster.pid that names the folder of the socket. */
const SOCKET_LINE = 4;

export class Session {
  /** Connected to the database of `server`, under a name that the console shows. */
  static async open(server, name) {
    const running = await readFile(path.join(server.dataDir, "postgres/postmaster.pid"), "utf8");
    const socket = running.split("\n")[SOCKET_LINE];
    const session = new Session();
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

  /** Sends a statement and does not wait for it. */
  send(statement) {
    this.process.stdin.write(`${statement};\n`);
  }

  /** The next line of output. */
  async line() {
    return (await this.lines.next()).value;
  }

  end() {
    this.process.kill();
  }
}
