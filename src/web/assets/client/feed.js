// An infinitely scrolling list of a paginated API resource, with its loading, empty and error states.

import { connection } from "../shared/connection.js";
import { el } from "../shared/dom.js";
import { errorState, skeletons } from "../shared/feedback.js";
import { focusItem } from "./focus.js";

/** The next page is loaded when the end of the list is this close to the window's lower edge. */
const PREFETCH_MARGIN = "600px";
/** The most rows of one request. */
export const MAX_PAGE = 100;
/** The most requests with which a list is loaded again to where the user left it. */
const MAX_RETURN_PAGES = 10;

/**
 * The list at `path`. `load(url)` sends the request of a page, `renderItem(data, onRemoved)` returns
 * an item's element, `renderEmpty()` what is shown in place of an empty list; `onFirstPage` gets the
 * response of the first page. `kind` is the kind of skeleton. A list to whose `place` the user returns is loaded as
 * far as it was; `ready` is fulfilled then.
 */
export function feed({ path, load, renderItem, renderEmpty, signal, place = null, onFirstPage = () => {}, kind }) {
  const list = el("ul", { class: "feed" });
  const footer = el("div", { class: "feed-footer" });
  const element = el("div", {}, list, footer);
  const items = new Map();
  let isComplete = false;
  const observer = new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && footer.querySelector("button")?.click(),
    { rootMargin: PREFETCH_MARGIN });
  signal.addEventListener("abort", () => observer.disconnect());
  connection.addEventListener("restored", () => footer.querySelector(".notice button")?.click(), { signal });
  const ready = place?.anchors.length > 0 ? returnTo(place) : fetchPage(path);

  /** Loads pages until the list holds an item of the place, or as many as it held. Larger pages need fewer requests. */
  async function returnTo({ anchors, count }) {
    let url = withLimit(path, Math.min(Math.max(count, pageSize(path)), MAX_PAGE));
    for (let page = 0; page < MAX_RETURN_PAGES && url; page += 1) {
      url = await fetchPage(url, { isFirst: page === 0 });
      if (anchors.some(([uuid]) => items.has(uuid)) || items.size > count + MAX_PAGE) return;
    }
  }

  /** Returns the URL of the next page, or null. */
  async function fetchPage(url, { isFirst = true } = {}) {
    observer.disconnect();
    footer.replaceChildren(skeletons(isFirst ? 5 : 1, kind));
    try {
      const page = await load(url, signal);
      if (signal.aborted) return null;
      if (isFirst) onFirstPage(page);
      append(page.data);
      isComplete = !page.next;
      if (page.next) showMoreButton(withLimit(page.next, pageSize(path)));
      else footer.replaceChildren(...emptyStates());
      return page.next;
    } catch (error) {
      if (!signal.aborted) footer.replaceChildren(errorState(error, () => fetchPage(url, { isFirst })));
      return null;
    }
  }

  /** The observer presses the button when it comes near; keyboard users press it themselves, and go on in what it loads. */
  function showMoreButton(url) {
    const button = el("button", { class: "button", type: "button", onclick: loadMore }, "Show more");
    footer.replaceChildren(button);
    observer.observe(button);

    async function loadMore() {
      const isFocused = button === document.activeElement;
      const last = list.lastChild;
      await fetchPage(url, { isFirst: false });
      if (isFocused) focusItem(last?.nextSibling);
    }
  }

  /** The footer is inserted anew: moving it down would count as a layout shift. The list stays where it is. */
  function append(data) {
    footer.remove();
    list.append(...data.filter(isNew).map(listItem));
    element.append(footer);
  }

  /** A later page may repeat an item that `prepend` has already inserted. */
  function isNew({ uuid }) {
    return !items.has(uuid);
  }

  function listItem(data) {
    const item = el("li", { "data-item": data.uuid });
    items.set(data.uuid, data);
    item.append(renderItem(data, () => remove(item, data)));
    return item;
  }

  function remove(item, { uuid }) {
    item.remove();
    items.delete(uuid);
    if (!footer.firstChild) footer.replaceChildren(...emptyStates());
  }

  function emptyStates() {
    return list.firstChild ? [] : [renderEmpty()];
  }

  return {
    element,
    ready,
    has: (uuid) => items.has(uuid),
    /** Whether no page of the list is left to load. */
    isComplete: () => isComplete,
    /** What the list holds, in no order. */
    all: () => [...items.values()],
    /** Inserts items at the top, in the given order, and returns the first one's element. */
    prepend(...data) {
      const inserted = data.filter(isNew).map(listItem);
      list.prepend(...inserted);
      if (footer.querySelector(".notice")) footer.replaceChildren();
      return inserted[0] ?? null;
    },
    /** Takes an item out, to insert it again at the top. */
    take(uuid) {
      items.delete(uuid);
      list.querySelector(`:scope > [data-item="${CSS.escape(uuid)}"]`)?.remove();
    },
  };
}

function pageSize(path) {
  return Number(new URL(path, location.origin).searchParams.get("limit"));
}

/** The URL for pages of another size. */
export function withLimit(url, limit) {
  const address = new URL(url, location.origin);
  address.searchParams.set("limit", limit);
  return address.pathname + address.search;
}
