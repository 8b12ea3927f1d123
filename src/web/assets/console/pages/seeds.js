// Example data: which sets there are, and loading one.

import { el } from "../../shared/dom.js";
import { ask } from "../../shared/question.js";
import { operator } from "../operator.js";
import { operation, outcome, panel } from "../panel.js";
import { badge, table } from "../table.js";

const PATH = "/admin/seeds";

export function seeds(_, signal) {
  const result = outcome();
  const { box, look } = panel({
    read: async () => (await operator.send("GET", PATH, { signal })).data,
    draw: (sets) => table("Seeds", [
      { name: "Set", cell: ({ set }) => set },
      { name: "Files", cell: ({ files }) => String(files), kind: "number" },
      { name: "State", cell: ({ loaded }) => (loaded ? badge("loaded", "good") : badge("not loaded")) },
      { name: "Actions", cell: ({ set, loaded }) => operation(loaded ? "Load again" : "Load", () => load(set)), kind: "end" },
    ], sets),
    signal,
  });
  const note = el("p", { class: "soft" },
    "A set changes nothing that is there already. Loading it again brings back what has expired since.");
  return { title: "Seeds", nodes: [el("h1", {}, "Seeds"), note, result.line, box] };

  async function load(set) {
    try {
      const { data: server } = await operator.send("GET", "/admin/status", { signal });
      const { name, environment } = server.database;
      const isMeant = await ask(`Load ${set}?`,
        `Its example people and posts will be written into ${name}, stamped ${environment ?? "not at all"}.`,
        { yes: "Load", no: "Not now" });
      if (!isMeant) return;
      // The question named the database, which is what its guard wants repeated.
      const { data } = await operator.send("POST", PATH, { body: { set, confirm: name } });
      result.say(`Loaded ${data.set} into ${data.database}: ${data.files.join(", ")}.`);
      await look();
    } catch (error) {
      result.complain(error);
    }
  }
}
