// The two actions on the user's own account as a whole: download everything, or delete it.

import { newIdempotencyKey } from "../shared/api.js";
import { typedConfirmDialog } from "../shared/dialog.js";
import { el } from "../shared/dom.js";
import { formError } from "../shared/feedback.js";
import { navigate } from "../shared/router.js";
import { session } from "./session.js";

/** Two buttons, and a line for their errors. */
export function accountActions(user) {
  const errorLine = formError();
  const buttons = [
    button("Download my data", download),
    button("Delete my account", deleteAccount),
  ];
  return el("div", { class: "account-actions" }, el("div", { class: "buttons" }, buttons), errorLine.element);

  function button(label, action) {
    return el("button", { class: "button quiet", type: "button", onclick: () => run(action) }, label);
  }

  async function run(action) {
    errorLine.clear();
    buttons.forEach((button) => { button.disabled = true; });
    try {
      await action();
    } catch (error) {
      errorLine.show(error.message);
    }
    buttons.forEach((button) => { button.disabled = false; });
  }

  async function download() {
    const file = await session.receiveFile("/api/profile/export");
    const url = URL.createObjectURL(file);
    el("a", { href: url, download: `cruddur-${user.handle}.ndjson` }).click();
    URL.revokeObjectURL(url);
  }

  async function deleteAccount() {
    const confirm = await typedConfirmDialog("Delete your account?",
      "Your cruds and the replies to them, your messages and your likes will be deleted, at once and for ever.",
      { label: `Type ${user.handle} to confirm`, confirm: "Delete" });
    if (confirm === null) return;
    await session.send("DELETE", "/api/profile", { body: { confirm }, idempotencyKey: newIdempotencyKey() });
    session.signOut();
    navigate("/");
  }
}
