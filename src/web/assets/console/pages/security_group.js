// The rule that lets this machine reach the database: how it is, and bringing it in step.

import { el } from "../../shared/dom.js";
import { emptyState } from "../../shared/states.js";
import { ask } from "../../shared/question.js";
import { facts } from "../facts.js";
import { operator } from "../operator.js";
import { operation, outcome, panel } from "../panel.js";
import { badge } from "../table.js";

const PATH = "/admin/security-group";

const OUTCOMES = {
  in_step: "It was in step already; nothing was changed.",
  admitted_by_other: "Another rule of the group lets this machine in already.",
  would_change: "It would be changed; nothing was.",
  changed: "It was changed, and looked at again.",
  not_needed: "The database is reached by a private address: the rule has no say.",
};

export function securityGroup(_, signal) {
  const result = outcome();
  const { box, look } = panel({ read, draw, signal });
  return { title: "Security group", nodes: [el("h1", {}, "Security group"), result.line, box] };

  /** Where no rule is configured the server says so as a refusal of the operation. */
  async function read() {
    try {
      return (await operator.send("GET", PATH, { signal })).data;
    } catch (error) {
      if (error.code !== "operation_failed") throw error;
      return { missing: error.message };
    }
  }

  function draw(status) {
    if (status.missing) return emptyState("No rule", status.missing);
    return [
      el("div", { class: "operations" },
        operation("Dry run", () => sync({ dry_run: true })),
        operation("Sync", () => meanSync(status), "primary")),
      facts([
        ["State", status.in_step ? badge("in step", "good") : badge("not in step", "bad")],
        ["Group", status.group],
        ["Rule", status.rule_id],
        ["Lets in", status.rule ? status.rule.cidr ?? "nobody by IPv4" : "not found out"],
        ["This machine", status.address ?? "not found out"],
        ["Port", String(status.port)],
        ["Description", status.rule?.description],
        ["Last change", status.last_change && words(status.last_change)],
        ["Last failure", status.last_failure],
      ]),
      ...status.problems.map((problem) => el("p", { class: "complaint" }, problem)),
    ];
  }

  async function meanSync(status) {
    const before = status.rule?.cidr ?? "whom it lets in now";
    const isMeant = await ask("Bring the rule in step?",
      `${status.rule_id} lets in ${before}. It will let in ${status.address ?? "this machine"} on port ${status.port}, and nobody else.`,
      { yes: "Sync", no: "Not now" });
    if (isMeant) await sync({});
  }

  async function sync(body) {
    try {
      const { data } = await operator.send("POST", `${PATH}/sync`, { body });
      result.say(words(data));
      await look();
    } catch (error) {
      result.complain(error);
    }
  }
}

function words({ outcome: kind, before, after }) {
  const change = before && after && before !== after ? ` ${before} → ${after}.` : "";
  return `${OUTCOMES[kind] ?? kind}${change}`;
}
