// The client-side router: shows the page of the current URL in <main>. Links are ordinary links, so
// reload, new tab and the browser's back button work.

import { el } from "./dom.js";
import { errorState } from "./feedback.js";
import { findPlace, forgetPlace, keepPlace, returnToPlace, storePlaces } from "./places.js";

const main = document.getElementById("main");

/** `[pattern, page]` pairs; a page is a function of the pattern's groups that returns a view or a promise of one. */
let routes = [];
let siteName = "";
/** Aborted when the user leaves the current page. */
let pageAbort = new AbortController();
/** The history entry of the current page, and whether that shows what the user may come back to. */
let entry = null;
let isReady = false;

/**
 * Shows the page of the current URL, and from then on of every link that is followed. A view has a
 * `title` and `nodes`, the first of which contains its `h1`. With `isTitleServed`, the page that is loaded
 * first keeps the better title that the server gave it. A page also gets an AbortSignal, which is aborted
 * when the user leaves it, and the place to return to: where there is one, the view has a promise `ready`, which is
 * fulfilled when it shows as much as it did.
 */
export function startRouter(name, table) {
  siteName = name;
  routes = table;
  history.scrollRestoration = "manual";
  document.addEventListener("click", followLink);
  addEventListener("popstate", () => render({ returns: true }));
  addEventListener("pagehide", () => {
    leave();
    storePlaces();
  });
  render({ isFirst: true, returns: true });
}

/** Sets the title of the current page, which may be known only after its first render. */
export function setTitle(title) {
  document.title = `${title} · ${siteName}`;
}

/** Goes to a URL of this site. */
export function navigate(url, { replace = false } = {}) {
  if (replace || url === currentPath()) {
    history.replaceState(history.state, "", url);
  } else {
    history.pushState({ entry: newEntry(), previous: currentPath() }, "", url);
  }
  render();
}

/** Corrects the path of the current page. */
export function replacePath(path) {
  history.replaceState(history.state, "", path);
}

/** The path from which the user came to the current page; null where that was not a page of this site. */
export function previousPath() {
  return history.state?.previous ?? null;
}

/** Renders the current page anew. */
export function reload() {
  render();
}

function currentPath() {
  return location.pathname + location.search;
}

function newEntry() {
  return `${Date.now()}-${Math.random()}`;
}

/** A link to the page before, marked with data-back, is the same as the browser's back button. */
function followLink(event) {
  const link = event.target.closest?.("a[href]");
  const isPlainClick = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlainClick || event.defaultPrevented || link.target || link.origin !== location.origin) return;
  if (link.hash && link.pathname === location.pathname) return;
  if (!findPage(link.pathname)) return;
  event.preventDefault();
  const url = link.pathname + link.search;
  if (link.hasAttribute("data-back") && url === previousPath()) history.back();
  else navigate(url);
}

function findPage(path, place = null) {
  for (const [pattern, page] of routes) {
    const match = path.match(pattern);
    if (match) return () => page(match.groups ?? {}, pageAbort.signal, place);
  }
  return null;
}

function leave() {
  if (isReady) keepPlace(entry, main);
}

function render({ isFirst = false, returns = false } = {}) {
  leave();
  pageAbort.abort();
  pageAbort = new AbortController();
  if (!history.state?.entry) history.replaceState({ entry: newEntry() }, "");
  entry = history.state.entry;
  if (!returns) forgetPlace(entry);
  // The server's page of what does not exist is complete; a request would have the same result.
  if (isFirst && main.querySelector("[data-status]")) return markCurrentLink();
  const place = findPlace(entry);
  const { signal } = pageAbort;
  const view = (findPage(location.pathname, place) ?? notFound)();
  if (view instanceof Promise) view.catch(failedView).then((loaded) => signal.aborted || show(loaded, place, isFirst));
  else show(view, place, isFirst);
}

function show({ title, nodes, isTitleServed, ready }, place, isFirst) {
  if (!isFirst || !isTitleServed) setTitle(title);
  main.replaceChildren(...nodes);
  markCurrentLink();
  returnWhenReady(ready, place, pageAbort.signal);
  if (isFirst) return;
  // The server's tag names the page that was loaded first, and the browser's own share dialog would share that.
  document.querySelector("link[rel=canonical]")?.remove();
  scrollTo(0, 0);
  // A screen reader announces the heading that gets the focus; the outline is off in base.css.
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
}

async function returnWhenReady(ready, place, signal) {
  isReady = false;
  await ready;
  if (signal.aborted) return;
  isReady = true;
  if (place) returnToPlace(place, main);
}

/** Marks the navigation link with the longest path that the current URL starts with. */
function markCurrentLink() {
  const links = [...document.querySelectorAll("nav a")];
  const covers = ({ pathname }) => location.pathname === pathname || location.pathname.startsWith(`${pathname}/`);
  const [current] = links.filter(covers).sort((one, other) => other.pathname.length - one.pathname.length);
  for (const link of links) {
    if (link === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // On a phone the navigation may be wider than the screen.
  current?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function notFound() {
  return {
    title: "There is nothing here",
    nodes: [el("div", { class: "notice" },
      el("h1", {}, "There is nothing here"), el("p", {}, "This address does not exist."), el("a", { href: "/" }, "Home"))],
  };
}

/** The module of the page did not arrive. A browser may not ask for it again before the page is loaded anew. */
function failedView() {
  const error = new Error("This page could not be loaded.");
  return { title: "Error", nodes: [errorState(error, () => location.reload())] };
}
