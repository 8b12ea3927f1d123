// The security-group rule that allows this server to connect to the database: its state, and
// updating it.

import { confirmDialog } from "../../shared/dialog.js";
import { el } from "../../shared/dom.js";
import { emptyState } from "../../shared/feedback.js";
import { descriptionList } from "../description_list.js";
import { operator } from "../operator.js";
import { operationButton, panel, resultLine } from "../panel.js";
import { badge } from "../table.js";

const PATH = "/admin/security-group";

/** Sentences for the API's `outcome`. */
const OUTCOMES = {
  in_step: "The rule already allows this server’s address. Nothing was changed.",
  admitted_by_other: "Another rule of the security group already allows this server’s address. Nothing was changed.",
  would_change: "Dry run: the rule would be changed. Nothing was changed.",
  changed: "The rule was changed, and a second read from EC2 confirmed it.",
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
    return [
      el("div", { class: "operations" },
        operationButton("Dry run", () => sync({ dry_run: true })),
        operationButton("Sync", () => confirmSync(status), "primary")),
      descriptionList([
        ["State", status.in_step ? badge("in sync", "good") : badge("out of sync", "bad")],
        ["Security group", status.group],
        ["Rule", status.rule_id],
        ["Source", status.rule ? status.rule.cidr ?? "no IPv4 range" : "unknown"],
        ["Server’s address", status.address ?? "unknown"],
        ["Port", String(status.port)],
        ["Description", status.rule?.description],
        ["Last sync", status.last_change && outcomeText(status.last_change)],
        ["Last error", status.last_failure],
      ]),
      ...status.problems.map((problem) => el("p", { class: "error" }, problem)),
    ];
  }

  async function confirmSync(status) {
    const before = status.rule?.cidr ?? "an unknown source";
    const isConfirmed = await confirmDialog("Update the security-group rule?",
      `${status.rule_id} allows ${before}. It will allow only ${status.address ?? "this server’s address"}, on port ${status.port}.`,
      { confirm: "Sync" });
    if (isConfirmed) await sync({});
  }

  async function sync(body) {
    try {
      const { data } = await operator.send("POST", `${PATH}/sync`, { body });
      result.show(outcomeText(data));
      await refresh();
    } catch (error) {
      result.showError(error);
    }
  }
}

function outcomeText({ outcome, before, after }) {
  const change = before && after && before !== after ? ` ${before} → ${after}.` : "";
  return `${OUTCOMES[outcome] ?? outcome}${change}`;
}
