// A list that goes on as one scrolls: the first page, the pages behind it, and what stands in their
// place while there is nothing, not yet or not at all.

import { connection } from "../shared/connection.js";
import { el } from "../shared/dom.js";
import { failure, placeholders } from "../shared/states.js";

/** How far below the window's edge the next page is asked for. */
const AHEAD = "600px";

/**
 * The list at `path`. `load` sends the request, `draw` makes an item of the list (given the
 * function to call when it is gone), `empty` what stands in place of no items; `arrived` hears of
 * the first page's answer.
 */
export function feed({ path, load, draw, empty, signal, arrived = () => {}, kind }) {
  const list = el("ul", { class: "feed" });
  const foot = el("div", { class: "foot" });
  const box = el("div");
  const seen = new Set();
  const watcher = new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && foot.querySelector("button")?.click(),
    { rootMargin: AHEAD });
  signal.addEventListener("abort", () => watcher.disconnect());
  connection.addEventListener("found", () => foot.querySelector(".state button")?.click(), { signal });
  fetchPage(path);

  async function fetchPage(address) {
    const isFirst = address === path;
    if (isFirst) box.replaceChildren(placeholders(5, kind));
    else foot.replaceChildren(placeholders(1, kind));
    watcher.disconnect();
    try {
      const answer = await load(address, signal);
      if (signal.aborted) return;
      if (isFirst) arrived(answer);
      // Put in anew and not pushed down by the list, which would count as a shift.
      box.replaceChildren(list, foot);
      list.append(...answer.data.filter(isNew).map(item));
      foot.replaceChildren();
      if (answer.next) offer(answer.next);
      else if (!list.firstChild) foot.replaceChildren(empty());
    } catch (error) {
      if (signal.aborted) return;
      foot.replaceChildren(failure(error, () => fetchPage(address)));
      box.replaceChildren(list, foot);
    }
  }

  /** A button, which a keyboard reaches; coming near it is as good as pressing it. */
  function offer(address) {
    const button = el("button", { class: "button", type: "button", onclick: () => fetchPage(address) }, "Show more");
    foot.replaceChildren(button);
    watcher.observe(button);
  }

  /** A page may begin with what was put on top meanwhile. */
  function isNew(data) {
    return !seen.has(data.uuid) && seen.add(data.uuid);
  }

  function item(data) {
    const entry = el("li", {});
    entry.append(draw(data, () => {
      entry.remove();
      if (!list.firstChild && !foot.firstChild) foot.replaceChildren(empty());
    }));
    return entry;
  }

  return {
    box,
    has: (uuid) => seen.has(uuid),
    /** Puts items on top, the first of them uppermost. */
    prepend(...items) {
      list.prepend(...items.filter(isNew).map(item));
      if (foot.querySelector(".state")) foot.replaceChildren();
    },
  };
}
