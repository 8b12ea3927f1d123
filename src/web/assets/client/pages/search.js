// Search, by what was said and by whom.

import { send } from "../../shared/api.js";
import { el, icon } from "../../shared/dom.js";
import { emptyState } from "../../shared/states.js";
import { activityArticle } from "../activity.js";
import { feed } from "../feed.js";
import { go } from "../../shared/router.js";

export function search(_, signal) {
  const term = new URLSearchParams(location.search).get("q") ?? "";
  const field = el("input", {
    type: "search", name: "q", value: term, placeholder: "Words, or somebody’s handle",
    "aria-label": "Search for", autocomplete: "off", dir: "auto", maxlength: 200,
  });
  const form = el("form", { class: "search", role: "search", action: "/search", onsubmit: submit },
    field, el("button", { class: "button primary", type: "submit" }, icon("search"), el("span", {}, "Search")));
  return {
    title: term ? `“${term}”` : "Search",
    nodes: [el("div", { class: "heading" }, el("h1", {}, "Search")), form, results()],
  };

  function submit(event) {
    event.preventDefault();
    go(`/search?q=${encodeURIComponent(field.value)}`);
  }

  function results() {
    if (!term.trim()) {
      return emptyState("What are you looking for?", "Only what is still here can be found.");
    }
    return feed({
      path: `/api/activities/search?term=${encodeURIComponent(term)}`,
      load: (address) => send("GET", address),
      draw: (activity, removed) => activityArticle(activity, { removed }),
      empty: () => emptyState("Nothing found", "Nobody says that just now. They may have, once."),
      signal,
    }).box;
  }
}
