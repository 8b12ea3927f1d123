// The server's status: version, database, schema, connection pool, and charts of its metrics.

import { ApiError } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { chart } from "../chart.js";
import { descriptionList } from "../description_list.js";
import { duration } from "../format.js";
import { quantile, rate, summarize } from "../metrics.js";
import { operator } from "../operator.js";
import { panel } from "../panel.js";
import { badge } from "../table.js";

/** Milliseconds between two refreshes. */
const STATUS_INTERVAL = 15_000;
const METRICS_INTERVAL = 2_000;

/** Text and kind of the badge for the API's `security_group`. */
const SYNC_OUTCOMES = {
  in_step: ["in sync", "good"],
  changed: ["changed, now in sync", "good"],
  granted: ["made, now in sync", "good"],
  admitted_by_other: ["allowed by another rule", "good"],
  not_needed: ["not needed", "plain"],
  failed: ["failed", "bad"],
  unknown: ["not finished yet", "warn"],
};

export function statusPage(_, signal) {
  const { element } = panel({
    load: async () => (await operator.send("GET", "/admin/status", { signal })).data,
    render: (status) => descriptionList([
      ["Version", status.version],
      ["Uptime", duration(status.uptime_seconds)],
      ["Database", el("span", {}, `${status.database.name} `, reachability(status.database.reachable))],
      ["Environment", status.database.environment],
      ["PostgreSQL", status.embedded ? "embedded, a child process of this server" : "external"],
      ["Schema", el("span", {}, schema(status.schema))],
      ["Connection pool", `${status.pool.in_use} of ${status.pool.max} in use, ${status.pool.idle} idle`],
      ["Last security-group sync", status.security_group && syncOutcome(status.security_group)],
    ]),
    interval: STATUS_INTERVAL,
    signal,
  });
  return { title: "Status", nodes: [el("h1", {}, "Status"), element, el("h2", {}, "Metrics"), charts(signal)] };
}

function reachability(isReachable) {
  return isReachable ? badge("reachable", "good") : badge("unreachable", "bad");
}

function schema({ state, pending }) {
  if (state === "current") return badge("current", "good");
  return badge(pending > 0 ? `${state}, ${pending} pending` : state, "bad");
}

function syncOutcome(outcome) {
  return badge(...(SYNC_OUTCOMES[outcome] ?? [outcome]));
}

function charts(signal) {
  const requests = chart("Requests per second", (value) => value.toFixed(1));
  const latency = chart("Latency p95", milliseconds);
  const inUse = chart("Connections in use", String);
  const open = chart("Connections open", String);
  const errorText = el("p", { class: "muted small", role: "status" });
  let before = null;
  let timer = null;
  signal.addEventListener("abort", () => clearTimeout(timer));
  refresh();

  async function refresh() {
    if (!document.hidden) await addReading();
    if (!signal.aborted) timer = setTimeout(refresh, METRICS_INTERVAL);
  }

  async function addReading() {
    try {
      const after = summarize(await operator.loadMetrics(signal), performance.now());
      if (before) {
        requests.add(rate(before, after));
        latency.add(quantile(0.95, before, after));
      }
      inUse.add(after.inUse);
      open.add(after.open);
      before = after;
      errorText.textContent = "";
    } catch (error) {
      if (signal.aborted) return;
      before = null;
      // The banner shows a lost connection.
      errorText.textContent = error instanceof ApiError ? error.message : "";
    }
  }

  return el("div", {}, el("div", { class: "charts" }, [requests, latency, inUse, open].map(({ element }) => element)), errorText);
}

function milliseconds(seconds) {
  return `${(seconds * 1_000).toLocaleString(undefined, { maximumFractionDigits: 1 })} ms`;
}
