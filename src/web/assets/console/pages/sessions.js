// PostgreSQL's sessions (pg_stat_activity): which block each other, and cancelling or terminating
// one.

import { confirmDialog } from "../../shared/dialog.js";
import { el } from "../../shared/dom.js";
import { duration, timestamp } from "../format.js";
import { operator } from "../operator.js";
import { operationButton, panel, resultLine } from "../panel.js";
import { badge, table } from "../table.js";

const PATH = "/admin/sessions";
/** Milliseconds between two refreshes. */
const REFRESH_INTERVAL = 3_000;
/** Seconds; longer durations are rounded down to a multiple, so that the table is not rendered anew on every refresh. */
const DURATION_STEP = 10;

/** What the API calls a connection of a server's pool. */
const OWN_POOL = "a connection of Cruddur's own pool";

/** Sentences for the API's `asked` and `outcome`. */
const RESULTS = {
  cancel: {
    gone: (pid) => `The query of backend ${pid} is no longer running.`,
    still_running: (pid) => `Backend ${pid} got the cancel request but its query is still running; it may stop later.`,
    forbidden: (pid) => `The server’s database user is not allowed to cancel the query of backend ${pid}.`,
  },
  terminate: {
    gone: (pid) => `Backend ${pid} has exited.`,
    still_running: (pid) => `Backend ${pid} got the terminate request but is still running; it may exit later.`,
    forbidden: (pid) => `The server’s database user is not allowed to terminate backend ${pid}.`,
  },
};

export function sessions(_, signal) {
  const result = resultLine();
  let isPoolOpen = false;
  const blockedOnly = el("input", { type: "checkbox", onchange: () => refresh() });
  const { element, refresh } = panel({
    load: async () => {
      const { data } = await operator.send("GET", PATH, { signal });
      const shown = data.filter((session) => !blockedOnly.checked || isInLockWait(session, data));
      return shown.map(withRoundedDurations).sort((one, other) => priority(other, data) - priority(one, data));
    },
    render: (list) => {
      if (list.length === 0) return el("p", { class: "notice" }, "No session is blocked.");
      const isFolded = (session) => session.protected === OWN_POOL && !isInLockWait(session, list);
      return [sessionTable("Sessions", inTree(list.filter((session) => !isFolded(session))), list), ownPool(list.filter(isFolded), list)].filter(Boolean);
    },
    interval: REFRESH_INTERVAL,
    signal,
  });
  const filter = el("label", { class: "checkbox" }, blockedOnly, " Only blocked and blocking sessions");
  return { title: "Sessions", nodes: [el("h1", {}, "Sessions"), filter, result.element, element] };

  function sessionTable(caption, rows, list) {
    return table(caption, columns(list), rows, (session) => ({
      id: `session-${session.process_id}`,
      class: session.blocked_by.length > 0 ? "blocked" : null,
    }));
  }

  /** The idle and working connections of the server's own pool, which an operator seldom looks for. */
  function ownPool(rows, list) {
    if (rows.length === 0) return null;
    const active = rows.filter(({ state: name }) => name === "active").length;
    const details = el("details", { class: "folded", ontoggle: () => { isPoolOpen = details.open; } },
      el("summary", {}, `Cruddur’s own pool: ${rows.length} connections, ${active} active`),
      sessionTable("Cruddur’s own pool", rows, list));
    details.open = isPoolOpen;
    return details;
  }

  function columns(list) {
    return [
      { name: "Backend", cell: backend, kind: "nowrap" },
      { name: "State", cell: (session) => state(session, list) },
      { name: "In state", cell: ({ state_seconds: age }) => duration(age), kind: "number" },
      { name: "Transaction", cell: ({ transaction_seconds: age }) => duration(age), kind: "number" },
      { name: "Query", cell: query },
      { name: "Actions", cell: actions, kind: "align-end" },
    ];
  }

  function actions(session) {
    if (session.protected) return el("span", { class: "muted small" }, session.protected);
    const pid = session.process_id;
    return el("div", { class: "operations" },
      session.state === "active" && operationButton("Cancel", () => signalBackend(session, `${PATH}/${pid}/cancel`, "POST",
        "Cancel the query?", "The query stops and is rolled back; the session stays open.", "Cancel query")),
      operationButton("Terminate", () => signalBackend(session, `${PATH}/${pid}`, "DELETE",
        "Terminate the session?", "Its connection is closed and its open transaction rolled back.", "Terminate"), "danger"));
  }

  async function signalBackend(session, path, method, title, consequence, confirm) {
    const name = `Backend ${session.process_id}, user ${session.user ?? "unknown"}, application ${session.app || "unnamed"}`;
    const isConfirmed = await confirmDialog(title, `${name}: ${session.statement ?? "no query"}. ${consequence}`,
      { confirm, cancel: "Keep running" });
    if (!isConfirmed) return;
    try {
      // PostgreSQL reuses process ids: the start time identifies the backend.
      const start = encodeURIComponent(session.backend_start);
      const { data } = await operator.send(method, `${path}?backend_start=${start}`);
      result.show(RESULTS[data.asked][data.outcome](data.process_id));
      await refresh();
    } catch (error) {
      result.showError(error);
    }
  }
}

/** Sort order: sessions that block or are blocked, then active, then idle, then background processes. */
function priority(session, list) {
  if (isInLockWait(session, list)) return 3;
  if (session.state === "active") return 2;
  return session.state === null ? 0 : 1;
}

/** The sessions as a tree: below each one those that wait for it, with their `depth`. */
function inTree(list) {
  const placed = new Set();
  const rows = [];
  const place = (session, depth) => {
    if (placed.has(session.process_id)) return;
    placed.add(session.process_id);
    rows.push({ ...session, depth });
    for (const waiting of list.filter(({ blocked_by: by }) => by.includes(session.process_id))) place(waiting, depth + 1);
  };
  const pids = new Set(list.map(({ process_id: pid }) => pid));
  for (const session of list) {
    if (!session.blocked_by.some((pid) => pids.has(pid))) place(session, 0);
  }
  // What is left waits in a circle.
  for (const session of list) place(session, 0);
  return rows;
}

function backend(session) {
  const client = [session.client_addr ?? (session.user && "socket"), session.ssl ? "TLS" : null];
  const element = el("div", { class: session.depth > 0 ? "branch" : null },
    el("b", {}, String(session.process_id)), ` ${session.user ?? ""}`,
    el("div", { class: "muted small" }, [session.app, session.db, ...client].filter(Boolean).join(" · ")),
    session.user && el("div", { class: "muted small" }, "started ", timestamp(session.backend_start)));
  element.style.setProperty("--depth", session.depth ?? 0);
  return element;
}

function state(session, list) {
  const blocked = list.filter(({ blocked_by: by }) => by.includes(session.process_id)).map(({ process_id: pid }) => pid);
  return el("div", { class: "stack" },
    badge(session.state ?? session.backend_type, session.state === "active" ? "good" : "plain"),
    session.blocked_by.length > 0 && el("span", {}, badge("blocked by", "bad"), " ", links(session.blocked_by)),
    blocked.length > 0 && el("span", {}, badge("blocks", "warn"), " ", links(blocked)),
    session.waiting && el("span", { class: "muted small" },
      `waiting for ${[session.waiting.mode, session.waiting.table ?? session.waiting.lock].join(" on ")}`));
}

function links(pids) {
  return pids.map((pid, index) => [index > 0 && ", ", el("a", { href: `#session-${pid}` }, String(pid))]).flat();
}

function query({ statement }) {
  return statement ? el("code", { class: "query" }, statement.trim()) : "–";
}

function isInLockWait(session, list) {
  return session.blocked_by.length > 0 || list.some(({ blocked_by: by }) => by.includes(session.process_id));
}

function withRoundedDurations(session) {
  const round = (age) => (age === null || age < DURATION_STEP ? age && Math.floor(age) : Math.floor(age / DURATION_STEP) * DURATION_STEP);
  return {
    ...session,
    state_seconds: round(session.state_seconds),
    transaction_seconds: round(session.transaction_seconds),
    session_seconds: null,
    query_seconds: null,
    waiting: session.waiting && { ...session.waiting, seconds: null },
  };
}
