// The audit log: requests to /admin, newest first, with filters.

import { el } from "../../shared/dom.js";
import { timestamp } from "../format.js";
import { operator } from "../operator.js";
import { operationButton, panel, resultLine } from "../panel.js";
import { badge, table } from "../table.js";

const PATH = "/admin/audit";
const LIMIT = 20;
const METHODS = ["GET", "POST", "PUT", "DELETE"];

export function audit(_, signal) {
  const result = resultLine();
  const more = el("div", { class: "operations" });
  const filters = filterForm(() => refresh());
  let entries = [];
  const { element, refresh } = panel({ load, render, signal });
  return { title: "Audit", nodes: [el("h1", {}, "Audit"), filters.element, result.element, element, more] };

  async function load() {
    const { data, next } = await operator.send("GET", `${PATH}?${filters.query()}`, { signal });
    entries = data;
    showMoreButton(next);
    return entries;
  }

  function render() {
    return entries.length === 0 ? el("p", { class: "notice" }, "There are no such requests.") : table("Audit", COLUMNS, entries);
  }

  function showMoreButton(next) {
    more.replaceChildren(...(next ? [operationButton("Show more", () => loadMore(next))] : []));
  }

  async function loadMore(url) {
    try {
      const { data, next } = await operator.send("GET", url, { signal });
      entries = [...entries, ...data];
      element.replaceChildren(render());
      showMoreButton(next);
    } catch (error) {
      result.showError(error);
    }
  }
}

/** The filters of the list; `refresh` is called when the operator changes one. */
function filterForm(refresh) {
  const who = el("input", { autocomplete: "off", autocapitalize: "none", spellcheck: "false", placeholder: "token", onchange: refresh });
  const path = el("input", { autocomplete: "off", autocapitalize: "none", spellcheck: "false", placeholder: "/admin/…", onchange: refresh });
  const method = select([["", "All"], ...METHODS.map((name) => [name, name])], refresh);
  const outcome = select([["", "All"], ["succeeded", "Succeeded"], ["failed", "Failed"]], refresh);
  const fields = [["Administrator", who], ["Method", method], ["Path begins with", path], ["Outcome", outcome]];
  const element = el("form", { class: "filters", onsubmit: (event) => { event.preventDefault(); refresh(); } },
    fields.map(([name, control]) => el("label", { class: "field" }, el("span", {}, name), control)),
    el("button", { class: "button", type: "submit" }, "Refresh"));
  return {
    element,
    query() {
      const values = { limit: LIMIT, who: who.value.trim(), method: method.value, path: path.value.trim(), outcome: outcome.value };
      return new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ""));
    },
  };
}

function select(options, onchange) {
  return el("select", { onchange }, options.map(([value, text]) => el("option", { value }, text)));
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
