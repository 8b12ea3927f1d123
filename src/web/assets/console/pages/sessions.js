// The database's sessions as they are now: who waits for whom, and ending what hangs.

import { el } from "../../shared/dom.js";
import { ask } from "../../shared/question.js";
import { moment, seconds } from "../facts.js";
import { operator } from "../operator.js";
import { operation, outcome, panel } from "../panel.js";
import { badge, table } from "../table.js";

const PATH = "/admin/sessions";
const EVERY = 3_000;
/** Ages move all the time; a table that is drawn anew every time would be hard to press in. */
const COARSE = 10;

const WORDS = {
  gone: "is gone",
  still_running: "has not followed yet; it may still",
  forbidden: "may not be ended by this account",
};

export function sessions(_, signal) {
  const result = outcome();
  const only = el("input", { type: "checkbox", onchange: () => look() });
  const { box, look } = panel({
    read: async () => {
      const { data } = await operator.send("GET", PATH, { signal });
      const shown = data.filter((session) => !only.checked || isInvolved(session, data));
      return shown.map(coarse).sort((one, other) => urgency(other, data) - urgency(one, data));
    },
    draw: (list) => (list.length === 0
      ? el("p", { class: "state" }, "Nobody waits for anybody.")
      : table("Sessions", columns(list), list, (session) => ({
        id: `session-${session.process_id}`,
        class: session.blocked_by.length > 0 ? "blocked" : null,
      }))),
    every: EVERY,
    signal,
  });
  const filter = el("label", { class: "check" }, only, " Only who waits, and who is waited for");
  return { title: "Sessions", nodes: [el("h1", {}, "Sessions"), filter, result.line, box] };

  function columns(list) {
    return [
      { name: "Process", cell: process, kind: "whole" },
      { name: "State", cell: (session) => state(session, list) },
      { name: "For", cell: ({ state_seconds: age }) => seconds(age), kind: "number" },
      { name: "Transaction", cell: ({ transaction_seconds: age }) => seconds(age), kind: "number" },
      { name: "Statement", cell: statement },
      { name: "Actions", cell: deeds, kind: "end" },
    ];
  }

  function deeds(session) {
    if (session.protected) return el("span", { class: "soft small" }, session.protected);
    const pid = session.process_id;
    return el("div", { class: "operations" },
      session.state === "active" && operation("Cancel", () => end(session, `${PATH}/${pid}/cancel`, "POST",
        "Cancel the statement?", "Its statement stops and is rolled back; the session stays.", "Cancel statement")),
      operation("Terminate", () => end(session, `${PATH}/${pid}`, "DELETE",
        "Terminate the session?", "Its connection is closed and its open transaction rolled back.", "Terminate"), "danger"));
  }

  async function end(session, path, method, title, consequence, yes) {
    const who = `Process ${session.process_id}, ${session.user ?? "nobody"} in ${session.app || "an unnamed program"}`;
    const isMeant = await ask(title, `${who}: ${session.statement ?? "no statement"}. ${consequence}`, { yes, no: "Leave it" });
    if (!isMeant) return;
    try {
      const seen = encodeURIComponent(session.backend_start);
      const { data } = await operator.send(method, `${path}?backend_start=${seen}`);
      const what = data.asked === "cancel" ? "The statement of process" : "Process";
      result.say(`${what} ${data.process_id} ${WORDS[data.outcome]}.`);
      await look();
    } catch (error) {
      result.complain(error);
    }
  }
}

/** What wants an eye stands on top: who waits and is waited for, then who works, then the rest. */
function urgency(session, list) {
  if (isInvolved(session, list)) return 3;
  if (session.state === "active") return 2;
  return session.state === null ? 0 : 1;
}

function process(session) {
  const from = [session.client_addr ?? (session.user && "socket"), session.ssl ? "TLS" : null];
  return el("div", {},
    el("b", {}, String(session.process_id)), ` ${session.user ?? ""}`,
    el("div", { class: "soft small" }, [session.app, session.db, ...from].filter(Boolean).join(" · ")),
    session.user && el("div", { class: "soft small" }, "since ", moment(session.backend_start)));
}

function state(session, list) {
  const held = list.filter(({ blocked_by: by }) => by.includes(session.process_id)).map(({ process_id: pid }) => pid);
  return el("div", { class: "stack" },
    badge(session.state ?? session.backend_type, session.state === "active" ? "good" : "plain"),
    session.blocked_by.length > 0 && el("span", {}, badge("blocked by", "bad"), " ", links(session.blocked_by)),
    held.length > 0 && el("span", {}, badge("blocks", "warn"), " ", links(held)),
    session.waiting && el("span", { class: "soft small" },
      `waits for ${[session.waiting.mode, session.waiting.table ?? session.waiting.lock].join(" on ")}`));
}

function links(pids) {
  return pids.map((pid, index) => [index > 0 && ", ", el("a", { href: `#session-${pid}` }, String(pid))]).flat();
}

function statement({ statement: text }) {
  return text ? el("code", { class: "statement" }, text.trim()) : "–";
}

function isInvolved(session, list) {
  return session.blocked_by.length > 0 || list.some(({ blocked_by: by }) => by.includes(session.process_id));
}

function coarse(session) {
  const round = (age) => (age === null || age < COARSE ? age && Math.floor(age) : Math.floor(age / COARSE) * COARSE);
  return {
    ...session,
    state_seconds: round(session.state_seconds),
    transaction_seconds: round(session.transaction_seconds),
    session_seconds: null,
    query_seconds: null,
    waiting: session.waiting && { ...session.waiting, seconds: null },
  };
}
