// The button with which the user blocks or unblocks another user.

import { confirmDialog } from "../shared/dialog.js";
import { el } from "../shared/dom.js";
import { formError } from "../shared/feedback.js";
import { session } from "./session.js";

/** The button, disabled until the server has said whether `user` is blocked, and the line for an error. */
export function blockButton(user, signal) {
  const path = `/api/users/@${user.handle}/block`;
  const errorLine = formError();
  const button = el("button", { class: "button", type: "button", disabled: true, onclick: confirmAndSend }, "Block");
  let isBlocked = false;
  request("GET");
  return el("div", {}, button, errorLine.element);

  async function request(method) {
    button.disabled = true;
    errorLine.clear();
    try {
      const { data } = await session.send(method, path, { signal });
      isBlocked = data.blocked;
      button.textContent = isBlocked ? "Unblock" : "Block";
    } catch (error) {
      if (signal.aborted) return;
      errorLine.show(error.message);
    }
    button.disabled = false;
  }

  async function confirmAndSend() {
    if (isBlocked ? await confirmUnblock() : await confirmBlock()) await request(isBlocked ? "DELETE" : "PUT");
  }

  function confirmBlock() {
    return confirmDialog(`Block @${user.handle}?`,
      "This user will not be able to reply to your cruds, like or repost them, or send you messages, and will not appear in your mentions. The user can still read what you write.",
      { confirm: "Block" });
  }

  function confirmUnblock() {
    return confirmDialog(`Unblock @${user.handle}?`,
      "This user will be able to reply to your cruds, like and repost them, mention you and send you messages again.",
      { confirm: "Unblock" });
  }
}
