// The place in a page that the user leaves, so that going back returns to it: which items were on the screen, where, and
// which link was followed. One for each entry of the session history; a reload keeps them.

/** Key in session storage, from the unloading of one page to the loading of the next. */
const STORAGE_KEY = "places";
const MAX_PLACES = 50;
/** So many items are remembered: the first that still exists is shown where it was. */
const MAX_ANCHORS = 10;
/** Frames in which the items around the place take their final size. */
const SETTLING_FRAMES = 10;

const places = new Map(JSON.parse(sessionStorage.getItem(STORAGE_KEY)) ?? []);
sessionStorage.removeItem(STORAGE_KEY);

/** The place of a history entry: `{y, count, anchors, focused}`; null if the user has not left it before. */
export function findPlace(entry) {
  return places.get(entry) ?? null;
}

/** Remembers which part of `main` is on the screen. */
export function keepPlace(entry, main) {
  places.delete(entry);
  places.set(entry, currentPlace(main));
  if (places.size > MAX_PLACES) places.delete(places.keys().next().value);
}

/** Forgets the place of an entry whose page begins anew. */
export function forgetPlace(entry) {
  places.delete(entry);
}

/** Keeps all places while this page is unloaded. */
export function storePlaces() {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify([...places]));
  } catch {
    // The storage is full. The next page begins at its top.
  }
}

/** Scrolls to the place and focuses the link that was followed there. */
export function returnToPlace({ y, anchors, focused }, main) {
  const [uuid, top] = anchors.find(([uuid]) => findItem(main, uuid)) ?? [];
  if (uuid) scrollItemTo(findItem(main, uuid), top);
  else scrollTo(0, y);
  if (!focused) return;
  const parent = focused.item ? findItem(main, focused.item) : main;
  parent?.querySelector(`a[href="${CSS.escape(focused.href)}"]`)?.focus({ preventScroll: true });
}

function currentPlace(main) {
  const items = [...main.querySelectorAll("[data-item]")];
  const first = scrollY === 0 ? -1 : items.findIndex((item) => item.getBoundingClientRect().bottom > 0);
  const anchors = first < 0 ? [] : items.slice(first, first + MAX_ANCHORS)
    .map((item) => [item.dataset.item, Math.round(item.getBoundingClientRect().top)]);
  return { y: scrollY, count: items.length, anchors, focused: focusedLink(main) };
}

function focusedLink(main) {
  const link = document.activeElement;
  if (!main.contains(link) || !link.hasAttribute("href")) return null;
  return { href: link.getAttribute("href"), item: link.closest("[data-item]")?.dataset.item ?? null };
}

function findItem(main, uuid) {
  return main.querySelector(`[data-item="${CSS.escape(uuid)}"]`);
}

/** Items get their real size when they come near the screen, which moves those below. A touch of the user ends it. */
function scrollItemTo(item, top) {
  const abort = new AbortController();
  for (const type of ["wheel", "touchstart", "keydown"]) {
    addEventListener(type, () => abort.abort(), { once: true, passive: true, signal: abort.signal });
  }
  let frames = SETTLING_FRAMES;
  const step = () => {
    if (abort.signal.aborted || !item.isConnected) return;
    scrollBy({ top: item.getBoundingClientRect().top - top, behavior: "instant" });
    frames -= 1;
    if (frames > 0) requestAnimationFrame(step);
    else abort.abort();
  };
  step();
}
