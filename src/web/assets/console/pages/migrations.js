// The schema: what is applied, what is pending, what would happen, and making it happen.

import { el } from "../../shared/dom.js";
import { ask } from "../../shared/question.js";
import { facts, moment } from "../facts.js";
import { operator } from "../operator.js";
import { operation, outcome, panel } from "../panel.js";
import { badge, table } from "../table.js";

const PATH = "/admin/migrations";

export function migrations(_, signal) {
  const result = outcome();
  const { box, look } = panel({
    read: async () => (await operator.send("GET", PATH, { signal })).data,
    draw: (report) => [
      facts([["Database", report.database], ["Stamp", report.environment], ["Pending", String(pending(report).length)]]),
      table("Migrations", COLUMNS, report.migrations),
    ],
    signal,
  });
  const buttons = el("div", { class: "operations" },
    operation("Dry run", () => run({ dry_run: true })),
    operation("Apply", apply, "primary"));
  return { title: "Migrations", nodes: [el("h1", {}, "Migrations"), buttons, result.line, box] };

  async function run(body) {
    try {
      const { data } = await operator.send("POST", PATH, { body });
      result.say(body.dry_run ? rehearsal(pending(data)) : done(data.applied_now));
      await look();
    } catch (error) {
      result.complain(error);
    }
  }

  async function apply() {
    try {
      const { data } = await operator.send("POST", PATH, { body: { dry_run: true } });
      const names = pending(data).map(label);
      if (names.length === 0) return result.say("Nothing is pending.");
      const isMeant = await ask("Apply the migrations?",
        `${names.join(", ")} will be applied to ${data.database}. Forward only: there is no way back.`,
        { yes: "Apply", no: "Not now" });
      if (isMeant) await run({});
    } catch (error) {
      result.complain(error);
    }
  }
}

const COLUMNS = [
  { name: "Version", cell: ({ version }) => `V${version}`, kind: "number" },
  { name: "Name", cell: ({ name }) => name.replaceAll("_", " ") },
  { name: "State", cell: state },
  { name: "Applied", cell: ({ applied_on: applied }) => (applied ? moment(applied) : "–") },
  { name: "Checksum", cell: ({ checksum }) => checksum, kind: "code" },
];

function state({ applied_on: applied, diverged }) {
  if (diverged) return badge("another text was applied", "bad");
  return applied ? badge("applied", "good") : badge("pending", "warn");
}

function pending({ migrations }) {
  return migrations.filter(({ applied_on: applied }) => !applied);
}

function label({ version, name }) {
  return `V${version} ${name.replaceAll("_", " ")}`;
}

function rehearsal(list) {
  if (list.length === 0) return "Dry run: nothing is pending, nothing would be applied.";
  return `Dry run: would apply ${list.map(label).join(", ")}. Nothing was changed.`;
}

function done(versions) {
  return versions.length === 0 ? "Nothing was pending." : `Applied ${versions.map((version) => `V${version}`).join(", ")}.`;
}
