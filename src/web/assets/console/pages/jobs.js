// The work that this server does in the background, and what became of its latest runs.

import { el } from "../../shared/dom.js";
import { milliseconds, timestamp } from "../format.js";
import { operator } from "../operator.js";
import { panel } from "../panel.js";
import { badge, table } from "../table.js";

/** Milliseconds between two refreshes. */
const INTERVAL = 5_000;

export function jobs(_, signal) {
  const { element } = panel({
    load: async () => (await operator.send("GET", "/admin/jobs", { signal })).data,
    render: (list) => table("Jobs", COLUMNS, list),
    interval: INTERVAL,
    signal,
  });
  return { title: "Jobs", nodes: [el("h1", {}, "Jobs"), element] };
}

const COLUMNS = [
  { name: "Job", cell: ({ name, purpose }) => el("div", {}, el("b", {}, name), el("div", { class: "muted small" }, purpose)), kind: "described" },
  { name: "Outcome", cell: ({ last_run: run }) => run && outcome(run) },
  { name: "Last run", cell: ({ last_run: run }) => (run ? timestamp(run.ended_at) : "not yet") },
  { name: "Duration", cell: ({ last_run: run }) => (run?.seconds ? milliseconds(run.seconds) : "–"), kind: "number" },
  { name: "Pause", cell: ({ interval_seconds: seconds }) => `${seconds} s`, kind: "number" },
  { name: "Runs", cell: ({ runs }) => runs.toLocaleString(), kind: "number" },
  { name: "Failures", cell: ({ failures }) => failures.toLocaleString(), kind: "number" },
];

function outcome({ failure }) {
  if (failure === null) return badge("succeeded", "good");
  return el("div", { class: "stack" }, badge("failed", "bad"), el("span", { class: "muted small" }, failure));
}
