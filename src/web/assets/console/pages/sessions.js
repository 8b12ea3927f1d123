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
  const blockedOnly = el("input", { type: "checkbox", onchange: () => refresh() });
  const { element, refresh } = panel({
    load: async () => {
      const { data } = await operator.send("GET", PATH, { signal });
      const shown = data.filter((session) => !blockedOnly.checked || isInLockWait(session, data));
      return shown.map(withRoundedDurations).sort((one, other) => priority(other, data) - priority(one, data));
    },
    render: (list) => (list.length === 0
      ? el("p", { class: "notice" }, "No session is blocked.")
      : table("Sessions", columns(list), list, (session) => ({
        id: `session-${session.process_id}`,
        class: session.blocked_by.length > 0 ? "blocked" : null,
      }))),
    interval: REFRESH_INTERVAL,
    signal,
  });
  const filter = el("label", { class: "checkbox" }, blockedOnly, " Only blocked and blocking sessions");
  return { title: "Sessions", nodes: [el("h1", {}, "Sessions"), filter, result.element, element] };

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

function backend(session) {
  const client = [session.client_addr ?? (session.user && "socket"), session.ssl ? "TLS" : null];
  return el("div", {},
    el("b", {}, String(session.process_id)), ` ${session.user ?? ""}`,
    el("div", { class: "muted small" }, [session.app, session.db, ...client].filter(Boolean).join(" · ")),
    session.user && el("div", { class: "muted small" }, "started ", timestamp(session.backend_start)));
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
