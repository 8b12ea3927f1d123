// The security-group rule that allows this server to connect to the database: its state, updating it, and every other
// rule that reaches the database's port.

import { confirmDialog } from "../../shared/dialog.js";
import { el } from "../../shared/dom.js";
import { emptyState } from "../../shared/feedback.js";
import { descriptionList } from "../description_list.js";
import { timestamp } from "../format.js";
import { operator } from "../operator.js";
import { operationButton, panel, resultLine } from "../panel.js";
import { badge, table } from "../table.js";

const PATH = "/admin/security-group";

/** Sentences for the API's `outcome`. */
const OUTCOMES = {
  in_step: "The rule already allows this server’s address.",
  admitted_by_other: "Another rule of the security group already allows this server’s address. Nothing was changed.",
  would_change: "Dry run: the rule would be changed. Nothing was changed.",
  changed: "The rule was changed, and a second read from EC2 confirmed it.",
  granted: "A rule was made, and a second read from EC2 confirmed it.",
  not_needed: "The database has a private address, to which the rule does not apply. Nothing was changed.",
};

export function securityGroup(_, signal) {
  const result = resultLine();
  const { element, refresh } = panel({ load, render, signal });
  return { title: "Security group", nodes: [el("h1", {}, "Security group"), result.element, element] };

  /** Where no rule is configured the API answers the error `operation_failed`. */
  async function load() {
    try {
      return (await operator.send("GET", PATH, { signal })).data;
    } catch (error) {
      if (error.code !== "operation_failed") throw error;
      return { missing: error.message };
    }
  }

  function render(status) {
    if (status.missing) return emptyState("No rule is configured", status.missing);
    // A workspace with a rule of its own has an id.
    const isOwn = status.owner !== null;
    return [
      el("div", { class: "operations" },
        operationButton("Dry run", () => change(isOwn, { dry_run: true })),
        isOwn
          ? operationButton("Grant", () => change(isOwn, {}), "primary")
          : operationButton("Sync", () => confirmSync(status), "primary")),
      descriptionList([
        ["State", status.in_step ? badge("in sync", "good") : badge("out of sync", "bad")],
        ["Open to everyone", status.open_to_everyone ? badge("yes", "bad") : badge("no", "good")],
        ["Security group", status.group],
        ["Rule", status.rule_id ?? "none"],
        ["Source", status.rule ? sourceOf(status.rule) : "unknown"],
        ["Server’s address", status.address ?? "unknown"],
        ["Port", String(status.port)],
        ["This workspace", status.owner],
        ["Lease until", status.lease && timestamp(status.lease)],
        ["Description", status.rule?.description],
        ["Last sync", status.last_change && outcomeText(status.last_change)],
        ["Last error", status.last_failure],
      ]),
      ...status.problems.map((problem) => el("p", { class: "error" }, problem)),
      el("h2", {}, "Who reaches the port"),
      table("Rules that reach the port", [
        { name: "Source", cell: ({ source, everyone }) => (everyone ? badge(`${source} (everyone)`, "bad") : source) },
        { name: "Ports", cell: ({ ports }) => ports },
        { name: "Rule", cell: ({ rule, own }) => (own ? [rule, " ", badge("this server’s", "good")] : rule) },
        { name: "Lease", cell: ({ lease }) => (lease ? timestamp(lease) : "none") },
        { name: "Description", cell: ({ description }) => description ?? "" },
      ], status.admissions),
    ];
  }

  async function confirmSync(status) {
    const before = status.rule ? sourceOf(status.rule) : "an unknown source";
    const isConfirmed = await confirmDialog("Update the security-group rule?",
      `${status.rule_id} allows ${before}. It will allow only ${status.address ?? "this server’s address"}, on port ${status.port}.`,
      { confirm: "Sync" });
    if (isConfirmed) await change(false, {});
  }

  /** Makes or repairs the server's own rule, or changes the rule that the setting names. */
  async function change(isOwn, body) {
    try {
      const { data } = await operator.send("POST", `${PATH}/${isOwn ? "grant" : "sync"}`, { body });
      result.show(outcomeText(data));
      await refresh();
    } catch (error) {
      result.showError(error);
    }
  }
}

function sourceOf({ cidr, cidr_ipv6, prefix_list, referenced_group }) {
  return cidr ?? cidr_ipv6 ?? prefix_list ?? referenced_group ?? "an unknown source";
}

function outcomeText({ outcome, rule, before, after, in_step }) {
  if (outcome === "admitted_by_other" && !in_step) {
    return `${rule} already allows this server’s address, so AWS does not change the rule, which still allows ${after}.`;
  }
  const change = before && after && before !== after ? ` ${before} → ${after}.` : "";
  return `${OUTCOMES[outcome] ?? outcome}${change}`;
}
