// A server for the client's tests: the real program with the demo data, on a free port.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Server {
  readonly baseUrl: string;
  stop(): Promise<void>;
}

/** Starts the program that the environment variable CRUDDUR names, with these settings, and waits until it is ready. */
export async function startServer(settings: Record<string, string> = {}): Promise<Server> {
  const program = process.env["CRUDDUR"];
  if (!program) throw new Error("CRUDDUR is not set: set it to the path of the cruddur program");
  const dataDir = join(tmpdir(), `cruddur-client-${process.pid}`);
  const child = spawn(program, ["serve", "--port", "0"], {
    env: {
      PATH: process.env["PATH"],
      CRUDDUR_DATA_DIR: dataDir,
      LOG_FORMAT: "json",
      RATE_LIMIT: "off",
      ...settings,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const baseUrl = `http://127.0.0.1:${await portOf(child)}`;
  while (!(await fetch(`${baseUrl}/readyz`)).ok) {
    if (child.exitCode !== null) throw new Error("the server exited before it was ready");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    baseUrl,
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The port from the server's log. Reads the log to its end, so that the pipe never fills up. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    if (!child.stderr) return reject(new Error("the server has no stderr pipe"));
    const log: string[] = [];
    createInterface({ input: child.stderr })
      .on("line", (line) => {
        log.push(line);
        const port = /"port":(\d+)/.exec(line)?.[1];
        if (port) resolve(Number(port));
      })
      .on("close", () => reject(new Error(`the server exited before it listened:\n${log.join("\n")}`)));
    child.on("error", reject);
  });
}
