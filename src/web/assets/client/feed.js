// An infinitely scrolling list of a paginated API resource, with its loading, empty and error states.

import { connection } from "../shared/connection.js";
import { el } from "../shared/dom.js";
import { errorState, skeletons } from "../shared/feedback.js";

/** The next page is loaded when the end of the list is this close to the window's lower edge. */
const PREFETCH_MARGIN = "600px";

/**
 * The list at `path`. `load(url)` sends the request of a page, `renderItem(data, onRemoved)` returns
 * an item's element, `renderEmpty()` what is shown in place of an empty list; `onFirstPage` gets the
 * response of the first page. `kind` is the kind of skeleton.
 */
export function feed({ path, load, renderItem, renderEmpty, signal, onFirstPage = () => {}, kind }) {
  const list = el("ul", { class: "feed" });
  const footer = el("div", { class: "feed-footer" });
  const element = el("div");
  const uuids = new Set();
  const observer = new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && footer.querySelector("button")?.click(),
    { rootMargin: PREFETCH_MARGIN });
  signal.addEventListener("abort", () => observer.disconnect());
  connection.addEventListener("restored", () => footer.querySelector(".notice button")?.click(), { signal });
  fetchPage(path);

  async function fetchPage(url) {
    const isFirst = url === path;
    if (isFirst) element.replaceChildren(skeletons(5, kind));
    else footer.replaceChildren(skeletons(1, kind));
    observer.disconnect();
    try {
      const page = await load(url, signal);
      if (signal.aborted) return;
      if (isFirst) onFirstPage(page);
      // The footer is inserted anew: moving it down would count as a layout shift.
      element.replaceChildren(list, footer);
      list.append(...page.data.filter(isNew).map(listItem));
      footer.replaceChildren();
      if (page.next) showMoreButton(page.next);
      else if (!list.firstChild) footer.replaceChildren(renderEmpty());
    } catch (error) {
      if (signal.aborted) return;
      footer.replaceChildren(errorState(error, () => fetchPage(url)));
      element.replaceChildren(list, footer);
    }
  }

  /** The observer presses the button when it comes near; keyboard users press it themselves. */
  function showMoreButton(url) {
    const button = el("button", { class: "button", type: "button", onclick: () => fetchPage(url) }, "Show more");
    footer.replaceChildren(button);
    observer.observe(button);
  }

  /** A later page may repeat an item that `prepend` has already inserted. */
  function isNew(data) {
    return !uuids.has(data.uuid) && uuids.add(data.uuid);
  }

  function listItem(data) {
    const item = el("li", {});
    item.append(renderItem(data, () => {
      item.remove();
      if (!list.firstChild && !footer.firstChild) footer.replaceChildren(renderEmpty());
    }));
    return item;
  }

  return {
    element,
    has: (uuid) => uuids.has(uuid),
    /** Inserts items at the top, in the given order. */
    prepend(...items) {
      list.prepend(...items.filter(isNew).map(listItem));
      if (footer.querySelector(".notice")) footer.replaceChildren();
    },
  };
}
