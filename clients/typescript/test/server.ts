// The real server for the client's tests: the program, with the demo data, on a port of its own.

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

/** Starts `CRUDDUR`; returns when it is ready. */
export async function startServer(): Promise<Server> {
  const program = process.env["CRUDDUR"];
  if (!program) throw new Error("CRUDDUR must name the program");
  const dataDir = join(tmpdir(), `cruddur-client-${process.pid}`);
  const child = spawn(program, ["serve", "--port", "0"], {
    env: {
      PATH: process.env["PATH"],
      CRUDDUR_DATA_DIR: dataDir,
      LOG_FORMAT: "json",
      RATE_LIMIT: "off",
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const baseUrl = `http://127.0.0.1:${await portOf(child)}`;
  while (!(await fetch(`${baseUrl}/readyz`)).ok) {
    if (child.exitCode !== null) throw new Error("the server has ended");
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

/** Reads on until the end, so that the server never waits for a full pipe. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    if (!child.stderr) return reject(new Error("no log"));
    const seen: string[] = [];
    createInterface({ input: child.stderr })
      .on("line", (line) => {
        seen.push(line);
        const port = /"port":(\d+)/.exec(line)?.[1];
        if (port) resolve(Number(port));
      })
      .on("close", () => reject(new Error(`the server did not start:\n${seen.join("\n")}`)));
    child.on("error", reject);
  });
}
