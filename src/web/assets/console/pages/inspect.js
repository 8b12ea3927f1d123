// The state of the database server, part by part, as `db inspect` reports it: a verdict on each finding,
// and a command as its remedy.

import { el } from "../../shared/dom.js";
import { operator } from "../operator.js";
import { operationButton, panel } from "../panel.js";
import { badge } from "../table.js";

const PATH = "/admin/inspect";

/** The kind of the badge for each verdict, the worst last. */
const VERDICTS = { fine: "good", look: "warn", act: "bad" };
const ORDER = Object.keys(VERDICTS);

/** Headings for the API's names of sections. */
const TITLES = {
  account: "Account",
  connections: "Connections",
  blocking: "Blocking",
  transactions: "Open transactions",
  prepared_transactions: "Prepared transactions",
  statements: "Slow statements",
  tables: "Tables",
  indexes: "Indexes",
  unused_indexes: "Unused indexes",
  duplicate_indexes: "Duplicate indexes",
  vacuum: "Vacuum and transaction ids",
  vacuum_horizon: "Old snapshots",
  replication: "Replication",
  replication_slots: "Replication slots",
  cache: "Buffer cache and counters",
  checkpoints: "Checkpoints",
};

export function inspect(_, signal) {
  /** The sections that the operator has opened or closed, for the next refresh. */
  const isOpen = new Map();
  const { element, refresh } = panel({
    load: async () => (await operator.send("GET", PATH, { signal })).data,
    render: (report) => [
      summary(report),
      el("div", { class: "sections" }, [...report.sections]
        .sort((one, other) => ORDER.indexOf(other.verdict) - ORDER.indexOf(one.verdict))
        .map((section) => sectionElement(section, isOpen))),
    ],
    signal,
  });
  const buttons = el("div", { class: "operations" }, operationButton("Refresh", refresh));
  return { title: "Inspect", nodes: [el("h1", {}, "Inspect"), buttons, element] };
}

function summary({ sections, database, postgresql, is_standby: isStandby, milliseconds }) {
  const lines = sections.flatMap((section) => section.lines);
  const count = (verdict) => lines.filter((line) => line.verdict === verdict).length;
  const server = `Database ${database}, PostgreSQL ${postgresql}${isStandby ? ", a standby" : ""}, read in ${milliseconds} ms.`;
  return el("div", { class: "stack" },
    el("p", { role: "status" }, findings(count("act"), count("look"))),
    el("p", { class: "muted small" }, server));
}

function findings(act, look) {
  if (act + look === 0) return "Every finding is fine.";
  const number = (count) => `${count} ${count === 1 ? "finding" : "findings"}`;
  return [act > 0 && `${number(act)} to act on`, look > 0 && `${number(look)} to look at`].filter(Boolean).join(", ") + ".";
}

function sectionElement({ name, verdict, note, lines }, isOpen) {
  const details = el("details", { class: "findings", ontoggle: () => isOpen.set(name, details.open) },
    el("summary", {}, el("h2", {}, TITLES[name] ?? name), badge(verdict, VERDICTS[verdict])),
    note && el("p", { class: "muted small" }, note),
    el("ul", {}, lines.map(lineElement)));
  details.open = isOpen.get(name) ?? verdict !== "fine";
  return details;
}

function lineElement({ subject, finding, verdict, remedy, depth }) {
  const line = el("li", {},
    badge(verdict, VERDICTS[verdict]),
    el("div", { class: "stack" },
      el("strong", {}, subject),
      el("span", {}, finding),
      remedy && el("code", { class: "remedy" }, remedy)));
  line.style.setProperty("--depth", depth);
  return line;
}
