// Search for cruds by their text and their author's handle.

import { el, icon } from "../../shared/dom.js";
import { emptyState } from "../../shared/feedback.js";
import { navigate } from "../../shared/router.js";
import { activityArticle } from "../activity.js";
import { feed } from "../feed.js";
import { live } from "../live/live.js";
import { readActivities } from "../reactions.js";
import { oneLine } from "../titles.js";

export function search(_, signal, place) {
  const term = new URLSearchParams(location.search).get("q") ?? "";
  const field = el("input", {
    type: "search", name: "q", value: term, placeholder: "Text or handle",
    "aria-label": "Search for", autocomplete: "off", dir: "auto", maxlength: 200,
  });
  const form = el("form", { class: "search", role: "search", action: "/search", onsubmit: submit },
    field, el("button", { class: "button primary", type: "submit" }, icon("search"), el("span", {}, "Search")));
  const list = term.trim() ? results() : null;
  // What happens to the results; new ones are found by another search.
  live.follow(["home"], signal);
  return {
    title: term ? `Search for “${oneLine(term)}”` : "Search",
    nodes: [el("div", { class: "heading" }, el("h1", {}, "Search")), form,
      list?.element ?? emptyState("What are you looking for?", "Only what is still here can be found.")],
    ready: list?.ready,
  };

  function submit(event) {
    event.preventDefault();
    navigate(`/search?q=${encodeURIComponent(field.value)}`);
  }

  function results() {
    return feed({
      path: `/api/activities/search?term=${encodeURIComponent(term)}&limit=20`,
      load: (url) => readActivities(url),
      renderItem: (activity, onRemoved) => activityArticle(activity, { onRemoved }),
      renderEmpty: () => emptyState("Nothing found", "Nobody says that just now. They may have, once."),
      signal,
      place,
    });
  }
}
