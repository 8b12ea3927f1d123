// Downloads a backup of the database, and restores one, with progress.

import { el } from "../../shared/dom.js";
import { formDialog } from "../../shared/form_dialog.js";
import { bytes } from "../format.js";
import { operator } from "../operator.js";
import { operationButton, resultLine } from "../panel.js";

export function backup(_, signal) {
  const result = resultLine();
  const progress = el("progress", { hidden: true, "aria-label": "Progress" });
  const step = el("p", { class: "muted small step" });
  const file = el("input", { type: "file", accept: ".dump" });
  return {
    title: "Backup",
    nodes: [
      el("h1", {}, "Backup"),
      result.element, progress, step,
      el("h2", {}, "Download"),
      el("p", {}, "An archive of the whole database, with everything that users wrote. Keep it as safe as the database."),
      el("div", { class: "operations" }, operationButton("Download backup", download, "primary")),
      el("h2", {}, "Restore"),
      el("p", {}, "Builds a database from an archive beside the present one, then replaces it. A failure leaves the present one as it was."),
      el("label", { class: "field archive" }, el("span", {}, "Archive"), file),
      el("div", { class: "operations" }, operationButton("Restore", confirmRestore, "danger")),
    ],
  };

  async function download() {
    begin("pg_dump runs.");
    try {
      const { name, file: archive } = await operator.download("/admin/database/backup", {
        onProgress: (received) => { step.textContent = `${bytes(received)} received`; },
        signal,
      });
      save(name, archive);
      result.show(`The backup has ${bytes(archive.size)}.`);
    } catch (error) {
      fail(error);
    }
    end();
  }

  async function confirmRestore() {
    const archive = file.files[0];
    if (!archive) return result.show("Choose an archive first.");
    const { data: status } = await operator.send("GET", "/admin/status", { signal });
    const name = status.database.name;
    const field = el("label", { class: "field" },
      el("span", {}, `Everything that ${name} has is replaced by ${archive.name}. Repeat the database’s name`),
      el("input", { name: "confirm", required: true, autocomplete: "off", autocapitalize: "none", spellcheck: "false" }));
    let confirmed = null;
    const send = async ({ confirm }) => {
      if (confirm !== name) throw new Error(`The database’s name is ${name}.`);
      confirmed = confirm;
    };
    if (await formDialog("Restore a backup?", [field], { submit: "Replace the database", send })) await restore(archive, confirmed);
  }

  async function restore(archive, confirm) {
    begin("The archive is sent.");
    let last = {};
    try {
      await operator.upload(`/admin/database/restore?${new URLSearchParams({ confirm })}`, archive, {
        onSent: (share) => { step.textContent = `${Math.round(share * 100)} % of the archive sent`; },
        onLine: (line) => { last = line; showLine(line); },
      });
      if (last.report) result.show(`Restored ${last.report.objects} objects into ${last.report.database}.`);
      else fail(new Error(last.failure ?? "The server did not say how the restore ended: see its log."));
    } catch (error) {
      fail(error);
    }
    end();
  }

  function showLine({ step: text, done, total }) {
    if (total > 0) Object.assign(progress, { max: total, value: done });
    if (text) step.textContent = text;
  }

  function begin(text) {
    result.show("");
    progress.removeAttribute("value");
    progress.hidden = false;
    step.textContent = text;
  }

  function end() {
    progress.hidden = true;
    step.textContent = "";
  }

  function fail(error) {
    if (!signal.aborted) result.showError(error);
  }
}

/** Saves a file as if the operator had followed a link to it. */
function save(name, archive) {
  const url = URL.createObjectURL(archive);
  el("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
