// The server's status: version, database, schema, connection pool, and charts of its metrics.

import { el } from "../../shared/dom.js";
import { chart } from "../chart.js";
import { descriptionList } from "../description_list.js";
import { duration, milliseconds } from "../format.js";
import { operator } from "../operator.js";
import { panel } from "../panel.js";
import { badge } from "../table.js";

/** Milliseconds between two refreshes. */
const STATUS_INTERVAL = 15_000;
const HISTORY_INTERVAL = 10_000;

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
  return { title: "Status", nodes: [el("h1", {}, "Status"), element, el("h2", {}, "Last hour"), charts(signal)] };
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

/** The charts of the last hour, which the server keeps. */
function charts(signal) {
  const drawn = CHARTS.map(([title, format, read]) => ({ ...chart(title, format), read }));
  const figures = el("div", { class: "charts" }, drawn.map(({ element }) => element));
  const { element } = panel({
    load: async () => (await operator.send("GET", "/admin/history", { signal })).data,
    render: (samples) => {
      const end = Date.parse(samples.at(-1)?.at ?? new Date());
      for (const { show, read } of drawn) show(samples.map((sample) => [Date.parse(sample.at), read(sample)]), end);
      return figures;
    },
    interval: HISTORY_INTERVAL,
    signal,
  });
  return element;
}

const CHARTS = [
  ["Requests per second", (value) => value.toFixed(1), ({ requests }) => requests],
  ["Errors per second", (value) => value.toFixed(1), ({ errors }) => errors],
  ["Latency p95", milliseconds, ({ p95 }) => p95],
  ["Latency max", milliseconds, ({ max }) => max],
  ["Connections in use", String, ({ connections_in_use: inUse }) => inUse],
  ["Connections open", String, ({ connections_open: open }) => open],
];
