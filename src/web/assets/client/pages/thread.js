// One post with every direct reply to it, oldest first.

import { send } from "../../shared/api.js";
import { connection } from "../../shared/connection.js";
import { el, icon } from "../../shared/dom.js";
import { emptyState, failure, placeholders } from "../../shared/states.js";
import { activityArticle } from "../activity.js";

export function thread({ uuid }, signal) {
  const room = el("div", {}, placeholders(1));
  read(`/api/activities/${uuid}`);
  return { title: "Thread", nodes: [heading(), room] };

  async function read(address) {
    try {
      const { data, next } = await send("GET", address, { signal });
      if (signal.aborted) return;
      show(data);
      if (next) await readOn(next);
    } catch (error) {
      if (signal.aborted) return;
      room.replaceChildren(error.status === 404 ? gone() : failure(error, () => read(address)));
      if (connection.isLost) connection.addEventListener("found", () => read(address), { signal, once: true });
    }
  }

  function show(activity) {
    const article = activityArticle(activity, { removed: () => room.replaceChildren(gone()) });
    article.classList.add("whole");
    room.replaceChildren(article);
    if (activity.reply_to_activity_uuid) room.prepend(above(activity.reply_to_activity_uuid));
  }

  /** The pages of replies behind the first, at the end of the same list. */
  async function readOn(address) {
    const list = room.querySelector(".replies");
    const more = el("button", { class: "button", type: "button" }, "More replies");
    const press = async () => {
      more.disabled = true;
      const { data, next } = await send("GET", address, { signal });
      for (const reply of data.replies) list.append(el("li", {}, activityArticle(reply)));
      more.remove();
      if (next) await readOn(next);
    };
    more.addEventListener("click", () => press().catch((error) => {
      more.disabled = signal.aborted;
      more.textContent = error.message;
    }));
    room.append(more);
  }

  /** The way to what this answers. Its author is not known here, and the address does not ask. */
  function above(parent) {
    const link = el("a", { class: "above small", href: `/@_/status/${parent}` }, "What this replies to");
    return el("p", {}, link);
  }
}

function heading() {
  return el("div", { class: "heading" },
    el("a", { class: "button quiet back", href: "/" }, icon("back"), el("span", { class: "unseen" }, "Home")),
    el("h1", {}, "Thread"));
}

function gone() {
  return emptyState("It had its time", "This crud has expired, or was taken back.", el("a", { href: "/" }, "Home"));
}
