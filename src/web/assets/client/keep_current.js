// Keeps a part of the page current: by the live stream, and without one by asking the server regularly.

import { connection } from "../shared/connection.js";
import { live } from "./live/live.js";

/** Milliseconds between two checks without the live stream. */
const POLL_INTERVAL = 15_000;

/**
 * Follows `topics` of the live stream, whose events `live` dispatches, until the signal is aborted. Calls `check` when
 * events of these topics may be missing: when the stream begins, while there is none, when the page becomes visible and
 * when the connection is restored. `check` asks the server what has changed; one runs at a time.
 */
export function keepCurrent(check, { topics, signal, interval = POLL_INTERVAL }) {
  let isRunning = false;
  let isDue = false;
  live.addEventListener("gap", ({ detail }) => topics.some((topic) => detail.includes(topic)) && run(), { signal });
  // The stream of another tab may cover the topics already: the gap comes at once then.
  live.follow(topics, signal);
  const timer = setInterval(() => live.covers(topics) || run(), interval);
  signal.addEventListener("abort", () => clearInterval(timer));
  document.addEventListener("visibilitychange", run, { signal });
  connection.addEventListener("restored", run, { signal });
  return run;

  async function run() {
    if (document.hidden || connection.isLost || signal.aborted) return;
    isDue = true;
    if (isRunning) return;
    isRunning = true;
    while (isDue && !signal.aborted) {
      isDue = false;
      // The next check tries again; the banner shows a lost connection.
      await check().catch(() => {});
    }
    isRunning = false;
  }
}
