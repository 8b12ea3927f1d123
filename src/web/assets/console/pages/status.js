// The server at a glance: what it is, how its database is, and four small charts that move.

import { Refusal } from "../../shared/api.js";
import { brief } from "../../shared/clock.js";
import { el } from "../../shared/dom.js";
import { chart } from "../chart.js";
import { facts } from "../facts.js";
import { quantile, rate, summary } from "../metrics.js";
import { operator } from "../operator.js";
import { panel } from "../panel.js";
import { badge } from "../table.js";

const STATUS_EVERY = 15_000;
const CHARTS_EVERY = 2_000;

export function status(_, signal) {
  const { box } = panel({
    read: async () => (await operator.send("GET", "/admin/status", { signal })).data,
    draw: (data) => facts([
      ["Version", data.version],
      ["Up for", brief(data.uptime_seconds * 1_000)],
      ["Database", el("span", {}, `${data.database.name} `, reachable(data.database.reachable))],
      ["Stamp", data.database.environment],
      ["Where it runs", data.embedded ? "embedded, a child of this server" : "outside"],
      ["Schema", el("span", {}, schema(data.schema))],
      ["Pool", `${data.pool.in_use} of ${data.pool.max} in use, ${data.pool.idle} idle`],
      ["Security group", data.security_group && groupWords(data.security_group)],
    ]),
    every: STATUS_EVERY,
    signal,
  });
  return { title: "Status", nodes: [el("h1", {}, "Status"), box, el("h2", {}, "Just now"), charts(signal)] };
}

function reachable(isReachable) {
  return isReachable ? badge("reachable", "good") : badge("away", "bad");
}

function schema({ state, pending }) {
  if (state === "current") return badge("current", "good");
  return badge(pending > 0 ? `${state}, ${pending} pending` : state, "bad");
}

function groupWords(group) {
  return group.in_step ? badge("in step", "good") : badge("not in step", "bad");
}

function charts(signal) {
  const requests = chart("Requests in a second", (value) => value.toFixed(1));
  const latency = chart("Latency, 95 of 100 within", milliseconds);
  const pool = chart("Connections in use", String);
  const sessions = chart("Sessions held", String);
  const trouble = el("p", { class: "soft small", role: "status" });
  let before = null;
  let timer = null;
  signal.addEventListener("abort", () => clearTimeout(timer));
  look();

  async function look() {
    if (!document.hidden) await read();
    if (!signal.aborted) timer = setTimeout(look, CHARTS_EVERY);
  }

  async function read() {
    try {
      const after = summary(await operator.readMetrics(signal), performance.now());
      if (before) {
        requests.add(rate(before, after));
        latency.add(quantile(0.95, before, after));
      }
      pool.add(after.inUse);
      sessions.add(after.sessions);
      before = after;
      trouble.textContent = "";
    } catch (error) {
      if (signal.aborted) return;
      before = null;
      // That the server is away is said by the banner.
      trouble.textContent = error instanceof Refusal ? error.message : "";
    }
  }

  return el("div", {}, el("div", { class: "charts" }, [requests, latency, pool, sessions].map(({ figure }) => figure)), trouble);
}

function milliseconds(value) {
  return `${(value * 1_000).toLocaleString(undefined, { maximumFractionDigits: 1 })} ms`;
}
