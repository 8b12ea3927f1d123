// From an address to a page. Every address is a real link, so a reload, a new tab and the way back
// work as they do anywhere; only what stands in <main> is exchanged.

import { el } from "./dom.js";

const main = document.getElementById("main");

/** Addresses as `[pattern, page]`; a page is a function from the pattern's groups to a view. */
let routes = [];
let site = "";
let left = new AbortController();

/**
 * Shows the page of the current address, and from now on that of every link that is followed. A
 * view has a `title` and `nodes`, the first of which holds its `h1`. A page gets a signal that ends
 * when it is left.
 */
export function start(name, table) {
  site = name;
  routes = table;
  document.addEventListener("click", follow);
  addEventListener("popstate", () => show());
  show({ first: true });
}

/** Goes to an address that has a page. */
export function go(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  show();
}

/** Shows the current address again, from the start. */
export function reload() {
  show();
}

function follow(event) {
  const link = event.target.closest?.("a[href]");
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || event.defaultPrevented || link.target || link.origin !== location.origin) return;
  if (link.hash && link.pathname === location.pathname) return;
  if (!find(link.pathname)) return;
  event.preventDefault();
  go(link.pathname + link.search);
}

function find(path) {
  for (const [pattern, page] of routes) {
    const match = path.match(pattern);
    if (match) return () => page(match.groups ?? {}, left.signal);
  }
  return null;
}

function show({ first = false } = {}) {
  left.abort();
  left = new AbortController();
  const page = find(location.pathname) ?? missing;
  const { title, nodes } = page();
  document.title = `${title} · ${site}`;
  main.replaceChildren(...nodes);
  mark();
  if (first) return;
  scrollTo(0, 0);
  // Whoever listens is told where they are; nobody else sees a difference.
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
}

/** The link of the place that the address belongs to: the one that says most of it. */
function mark() {
  const links = [...document.querySelectorAll("nav a")];
  const covers = ({ pathname }) => location.pathname === pathname || location.pathname.startsWith(`${pathname}/`);
  const [place] = links.filter(covers).sort((one, other) => other.pathname.length - one.pathname.length);
  for (const link of links) {
    if (link === place) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // On a phone the row of places may be wider than the screen.
  place?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function missing() {
  return {
    title: "Not here",
    nodes: [el("div", { class: "state" }, el("h1", {}, "There is nothing here"), el("a", { href: "/" }, "Home"))],
  };
}
