// Schema migrations: which are applied and which pending, a dry run, and applying them.

import { confirmDialog } from "../../shared/dialog.js";
import { el } from "../../shared/dom.js";
import { descriptionList } from "../description_list.js";
import { timestamp } from "../format.js";
import { operator } from "../operator.js";
import { operationButton, panel, resultLine } from "../panel.js";
import { badge, table } from "../table.js";

const PATH = "/admin/migrations";

export function migrations(_, signal) {
  const result = resultLine();
  const { element, refresh } = panel({
    load: async () => (await operator.send("GET", PATH, { signal })).data,
    render: (report) => [
      descriptionList([["Database", report.database], ["Environment", report.environment], ["Pending", String(pending(report).length)]]),
      table("Migrations", COLUMNS, report.migrations),
    ],
    signal,
  });
  const buttons = el("div", { class: "operations" },
    operationButton("Dry run", () => migrate({ dry_run: true })),
    operationButton("Apply", confirmApply, "primary"));
  return { title: "Migrations", nodes: [el("h1", {}, "Migrations"), buttons, result.element, element] };

  async function migrate(body) {
    try {
      const { data } = await operator.send("POST", PATH, { body });
      result.show(body.dry_run ? dryRunText(pending(data)) : appliedText(data));
      await refresh();
    } catch (error) {
      result.showError(error);
    }
  }

  async function confirmApply() {
    try {
      const { data } = await operator.send("POST", PATH, { body: { dry_run: true } });
      const names = pending(data).map(label);
      if (names.length === 0) return result.show("No migration is pending.");
      const isConfirmed = await confirmDialog("Apply the pending migrations?",
        `${names.join(", ")} will be applied to database ${data.database}. A migration cannot be undone.`,
        { confirm: "Apply" });
      if (isConfirmed) await migrate({});
    } catch (error) {
      result.showError(error);
    }
  }
}

const COLUMNS = [
  { name: "Version", cell: ({ version }) => `V${version}`, kind: "number" },
  { name: "Name", cell: ({ name }) => name.replaceAll("_", " ") },
  { name: "State", cell: state },
  { name: "Applied at", cell: ({ applied_on: applied }) => (applied ? timestamp(applied) : "–") },
  { name: "Checksum", cell: ({ checksum }) => checksum, kind: "code" },
];

function state({ applied_on: applied, diverged, needs_repair: needsRepair }) {
  if (diverged) return badge("checksum mismatch", "bad");
  if (needsRepair) return badge("needs repair", "warn");
  return applied ? badge("applied", "good") : badge("pending", "warn");
}

function pending({ migrations }) {
  return migrations.filter(({ applied_on: applied, needs_repair: needsRepair }) => !applied || needsRepair);
}

function label({ version, name }) {
  return `V${version} ${name.replaceAll("_", " ")}`;
}

function dryRunText(list) {
  if (list.length === 0) return "Dry run: no migration is pending; nothing would be applied.";
  return `Dry run: would apply ${list.map(label).join(", ")}. Nothing was changed.`;
}

function appliedText({ applied_now: applied, repaired_now: repaired = [] }) {
  const list = (versions) => versions.map((version) => `V${version}`).join(", ");
  const sentences = [];
  if (repaired.length > 0) sentences.push(`Repaired ${list(repaired)}.`);
  if (applied.length > 0) sentences.push(`Applied ${list(applied)}.`);
  return sentences.length === 0 ? "No migration was pending." : sentences.join(" ");
}
