// The settings that the server runs with, and where each value came from. The server never sends a secret.

import { el } from "../../shared/dom.js";
import { operator } from "../operator.js";
import { panel } from "../panel.js";
import { badge, table } from "../table.js";

export function settings(_, signal) {
  const setOnly = el("input", { type: "checkbox", onchange: () => refresh() });
  const { element, refresh } = panel({
    load: async () => {
      const { data } = await operator.send("GET", "/admin/settings", { signal });
      return data.filter(({ source }) => !setOnly.checked || source !== "default");
    },
    render: (list) => (list.length === 0
      ? el("p", { class: "notice" }, "No setting is set.")
      : sections(list).map(([title, rows]) => [el("h2", {}, title), table(title, COLUMNS, rows)]).flat()),
    signal,
  });
  const filter = el("label", { class: "checkbox" }, setOnly, " Only settings that are set");
  return { title: "Settings", nodes: [el("h1", {}, "Settings"), filter, element] };
}

const COLUMNS = [
  { name: "Setting", cell: ({ name }) => el("code", {}, name) },
  { name: "Value", cell: value, kind: "value" },
  { name: "Source", cell: ({ source }) => badge(source, source === "default" ? "plain" : "good") },
];

function value({ value: text, secret, source }) {
  if (secret) return source === "default" ? "–" : "•••••• (secret)";
  // The description of a default has the backticks of the reference page.
  return (source === "default" ? text?.replaceAll("`", "") : text) ?? "–";
}

/** The settings by section, in the order of the list. */
function sections(list) {
  const found = new Map();
  for (const setting of list) found.set(setting.section, [...(found.get(setting.section) ?? []), setting]);
  return [...found];
}
