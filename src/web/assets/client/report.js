// The button of another user's crud that reports it to the operators.

import { el, icon } from "../shared/dom.js";
import { navigate } from "../shared/router.js";
import { session } from "./session.js";

const REASONS = [
  ["spam", "Spam"],
  ["abuse", "Abuse or harassment"],
  ["illegal", "Something illegal"],
  ["other", "Another reason"],
];

/** The button, which says whether the crud was reported. */
export function reportButton(activity) {
  const label = el("span", { class: "narrow-hidden" }, "Report");
  return el("button", { class: "action", type: "button", onclick: report }, icon("flag"), label);

  async function report() {
    if (!session.user) return navigate("/sign-in");
    const { formDialog, noteField, requiredSelect } = await import("../shared/form_dialog.js");
    const fields = [
      el("p", {}, `The operators will see this crud by ${activity.display_name} as it is now, even after it has expired.`),
      requiredSelect("reason", "Reason", REASONS),
      noteField("Note (optional)", session.config.limits.report_note_max_chars),
    ];
    const send = (body) => session.send("POST", `/api/activities/${activity.uuid}/report`, { body });
    if (!await formDialog("Report this crud", fields, { submit: "Report", send })) return;
    label.className = "";
    label.textContent = "Reported";
  }
}
