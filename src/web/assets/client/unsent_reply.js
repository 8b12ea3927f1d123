// What is written below a crud that expires or is deleted meanwhile: the text stays, and its form says why it cannot be
// sent.

import { el } from "../shared/dom.js";
import { composer } from "./composer.js";
import { Draft } from "./drafts.js";
import { session } from "./session.js";

const REASONS = {
  expired: "This crud has expired, so it cannot be answered any more.",
  deleted: "This crud was deleted, so it cannot be answered any more.",
  gone: "This crud has expired or was deleted, so it cannot be answered any more.",
};

/** Where a reply is kept until it is sent. */
export function replyTarget(uuid) {
  return `reply:${uuid}`;
}

/**
 * Leaves nothing in the article but its forms with a text, each of which stays where it is, with the focus in it.
 * False where there is none. `onDiscarded` is called when the user has discarded all of them.
 */
export function keepUnsentReplies(article, reason, onDiscarded) {
  const hasText = (form) => form.querySelector("textarea").value.trim() !== "";
  const forms = [...article.querySelectorAll("form.composer")].filter(hasText);
  if (forms.length === 0) return false;
  removeAllBut(forms, article);
  article.classList.add("kept");
  article.removeAttribute("aria-labelledby");
  article.setAttribute("aria-label", "Your reply");
  for (const form of forms) {
    form.addEventListener("discarded", () => {
      form.remove();
      if (!article.querySelector("form.composer")) onDiscarded();
    });
    form.dispatchEvent(new CustomEvent("closed", { detail: REASONS[reason] }));
  }
  return true;
}

/** The reply that the user had begun below a crud that is gone, in an element of its own; null where there is none. */
export function unsentReply(uuid) {
  if (!session.user || !new Draft(session.user.uuid, replyTarget(uuid)).load()) return null;
  const { form } = composer({
    target: replyTarget(uuid), label: "Your reply", placeholder: "", action: "Reply",
    limit: session.config.limits.reply_max_chars,
  });
  const element = el("div", { class: "kept" }, form);
  form.addEventListener("discarded", () => element.remove());
  form.dispatchEvent(new CustomEvent("closed", { detail: REASONS.gone }));
  return element;
}

function removeAllBut(kept, element) {
  for (const child of [...element.children]) {
    if (kept.includes(child)) continue;
    if (kept.some((form) => child.contains(form))) removeAllBut(kept, child);
    else child.remove();
  }
}
