// Seed sets: example data that can be loaded into the database.

import { confirmDialog } from "../../shared/dialog.js";
import { el } from "../../shared/dom.js";
import { operator } from "../operator.js";
import { operationButton, panel, resultLine } from "../panel.js";
import { badge, table } from "../table.js";

const PATH = "/admin/seeds";

export function seeds(_, signal) {
  const result = resultLine();
  const { element, refresh } = panel({
    load: async () => (await operator.send("GET", PATH, { signal })).data,
    render: (sets) => table("Seeds", [
      { name: "Set", cell: ({ set }) => set },
      { name: "Files", cell: ({ files }) => String(files), kind: "number" },
      { name: "State", cell: ({ loaded }) => (loaded ? badge("loaded", "good") : badge("not loaded")) },
      { name: "Actions", cell: ({ set, loaded }) => operationButton(loaded ? "Load again" : "Load", () => loadSet(set)), kind: "align-end" },
    ], sets),
    signal,
  });
  const note = el("p", { class: "muted" },
    "Loading a set does not change existing rows. Loading it again restores the rows that have expired since.");
  return { title: "Seeds", nodes: [el("h1", {}, "Seeds"), note, result.element, element] };

  async function loadSet(set) {
    try {
      const { data: server } = await operator.send("GET", "/admin/status", { signal });
      const { name, environment } = server.database;
      const isConfirmed = await confirmDialog(`Load ${set}?`,
        `Its example users and cruds will be inserted into database ${name} (environment: ${environment ?? "not set"}).`,
        { confirm: "Load" });
      if (!isConfirmed) return;
      // The API requires the database's name as a confirmation; the dialog has shown it.
      const { data } = await operator.send("POST", PATH, { body: { set, confirm: name } });
      result.show(`Loaded ${data.set} into database ${data.database}: ${data.files.join(", ")}.`);
      await refresh();
    } catch (error) {
      result.showError(error);
    }
  }
}
