// What operators did, newest first.

import { el } from "../../shared/dom.js";
import { moment } from "../facts.js";
import { operator } from "../operator.js";
import { operation, outcome, panel } from "../panel.js";
import { badge, table } from "../table.js";

const PATH = "/admin/audit";

export function audit(_, signal) {
  const result = outcome();
  const more = el("div", { class: "operations" });
  let entries = [];
  const { box, look } = panel({ read, draw: (list) => table("Audit", COLUMNS, list), signal });
  const again = el("div", { class: "operations" }, operation("Look again", look));
  return { title: "Audit", nodes: [el("h1", {}, "Audit"), again, result.line, box, more] };

  async function read() {
    const { data, next } = await operator.send("GET", PATH, { signal });
    entries = data;
    offer(next);
    return entries;
  }

  function offer(next) {
    more.replaceChildren(...(next ? [operation("Show more", () => readOn(next))] : []));
  }

  async function readOn(address) {
    try {
      const { data, next } = await operator.send("GET", address, { signal });
      entries = [...entries, ...data];
      box.replaceChildren(table("Audit", COLUMNS, entries));
      offer(next);
    } catch (error) {
      result.complain(error);
    }
  }
}

const COLUMNS = [
  { name: "When", cell: ({ created_at: at }) => moment(at) },
  { name: "Who", cell: ({ who }) => who ?? badge("nobody", "warn") },
  { name: "What", cell: ({ method, path }) => el("code", {}, `${method} ${path}`) },
  { name: "From", cell: ({ address }) => address },
  { name: "Answer", cell: answer },
];

function answer({ status, attempts }) {
  const kind = status < 400 ? "good" : "bad";
  return el("span", {}, badge(String(status), kind), attempts > 1 && ` ${attempts} times`);
}
