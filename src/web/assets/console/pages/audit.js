// The audit log: requests to /admin, newest first.

import { el } from "../../shared/dom.js";
import { timestamp } from "../format.js";
import { operator } from "../operator.js";
import { operationButton, panel, resultLine } from "../panel.js";
import { badge, table } from "../table.js";

const PATH = "/admin/audit?limit=20";

export function audit(_, signal) {
  const result = resultLine();
  const more = el("div", { class: "operations" });
  let entries = [];
  const { element, refresh } = panel({ load, render: (list) => table("Audit", COLUMNS, list), signal });
  const buttons = el("div", { class: "operations" }, operationButton("Refresh", refresh));
  return { title: "Audit", nodes: [el("h1", {}, "Audit"), buttons, result.element, element, more] };

  async function load() {
    const { data, next } = await operator.send("GET", PATH, { signal });
    entries = data;
    showMoreButton(next);
    return entries;
  }

  function showMoreButton(next) {
    more.replaceChildren(...(next ? [operationButton("Show more", () => loadMore(next))] : []));
  }

  async function loadMore(url) {
    try {
      const { data, next } = await operator.send("GET", url, { signal });
      entries = [...entries, ...data];
      element.replaceChildren(table("Audit", COLUMNS, entries));
      showMoreButton(next);
    } catch (error) {
      result.showError(error);
    }
  }
}

const COLUMNS = [
  { name: "Time", cell: ({ created_at: at }) => timestamp(at) },
  { name: "Administrator", cell: ({ who }) => who ?? badge("not authenticated", "warn") },
  { name: "Request", cell: ({ method, path }) => el("code", {}, `${method} ${path}`) },
  { name: "Client address", cell: ({ address }) => address },
  { name: "Response", cell: response },
];

function response({ status, attempts }) {
  const kind = status < 400 ? "good" : "bad";
  return el("span", {}, badge(String(status), kind), attempts > 1 && ` ${attempts} attempts`);
}
