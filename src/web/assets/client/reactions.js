// Likes and reposts: the buttons of a crud, and reading cruds with what the user has made of them.

import { ApiError, send } from "../shared/api.js";
import { el, icon } from "../shared/dom.js";
import { navigate } from "../shared/router.js";
import { session } from "./session.js";

const REACTIONS = [
  { kind: "repost", name: "Repost", icon: "repost", key: "r", flag: "reposted", count: "reposts_count" },
  { kind: "like", name: "Like", icon: "heart", key: "l", flag: "liked", count: "likes_count" },
];

/**
 * Sends the request of a list of cruds or of one crud: for a signed-in user with the user's reactions, else
 * without. A session that ends meanwhile reads on without.
 */
export async function readActivities(url, options = {}) {
  if (!session.user) return send("GET", withoutViewer(url), options);
  try {
    return await session.send("GET", withViewer(url), options);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return readActivities(url, options);
    throw error;
  }
}

/**
 * The `buttons` that repost and like the activity. A press shows at once, and is undone where the server refuses
 * it; `onError` is called with the error then. `setCounts` takes the numbers that the server tells. After `addShortcuts(article)` the keys r and l press them while
 * the focus is in the article.
 */
export function reactionButtons(activity, onError) {
  let toldCounts = null;
  const toggles = REACTIONS.map(toggle);
  const render = () => toggles.forEach((each) => each.render());
  render();
  return { buttons: toggles.map(({ button }) => button), addShortcuts, setCounts };

  /** Takes numbers that the server tells. While a press is being sent they may include it or not: they wait for the answer. */
  function setCounts(counts) {
    if (toggles.some((each) => each.isSending())) {
      toldCounts = counts;
      return;
    }
    Object.assign(activity, counts);
    render();
  }

  function takeToldCounts() {
    if (!toldCounts) return;
    const counts = toldCounts;
    toldCounts = null;
    setCounts(counts);
  }

  function addShortcuts(article) {
    article.addEventListener("keydown", (event) => {
      const pressed = toggles.find(({ key }) => key === event.key);
      if (pressed && isShortcut(event, article)) pressed.button.click();
    });
  }

  function toggle(reaction) {
    const count = el("span", { class: "count" });
    const button = el("button",
      { class: `action ${reaction.kind}`, type: "button", "aria-keyshortcuts": reaction.key, onclick: press },
      icon(reaction.icon), el("span", { class: "visually-hidden" }, reaction.name), count);
    let stored = activity.viewer?.[reaction.flag] ?? false;
    let wanted = stored;
    let isSending = false;

    function press() {
      if (!session.user) return navigate("/sign-in");
      wanted = !wanted;
      render();
      if (!isSending) sendUntilStored();
    }

    /** One request at a time: the user may press again before the answer. */
    async function sendUntilStored() {
      isSending = true;
      try {
        while (wanted !== stored) {
          const method = wanted ? "PUT" : "DELETE";
          const { data } = await session.send(method, `/api/activities/${activity.uuid}/${reaction.kind}`);
          stored = method === "PUT";
          for (const { count } of REACTIONS) activity[count] = data[count];
        }
      } catch (error) {
        wanted = stored;
        onError(error);
      }
      isSending = false;
      render();
      takeToldCounts();
    }

    return {
      button,
      isSending: () => isSending,
      key: reaction.key,
      render() {
        const shown = activity[reaction.count] + Number(wanted) - Number(stored);
        button.setAttribute("aria-pressed", String(wanted));
        count.textContent = shown > 0 ? String(shown) : "";
      },
    };
  }
}

/** Whether the key was pressed in this article, not in one of its replies, in no text field and with no other key. */
function isShortcut(event, article) {
  const isAlone = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
  const isTyping = event.target.closest("input, textarea, select") !== null;
  return isAlone && !isTyping && event.target.closest("article") === article;
}

function withViewer(url) {
  const address = new URL(url, location.origin);
  const included = address.searchParams.get("include")?.split(",") ?? [];
  if (included.includes("viewer")) return url;
  address.searchParams.set("include", [...included, "viewer"].join(","));
  return address.pathname + address.search;
}

/** The URL of a next page includes what the one of the first page did. */
function withoutViewer(url) {
  const address = new URL(url, location.origin);
  const included = address.searchParams.get("include")?.split(",") ?? [];
  if (!included.includes("viewer")) return url;
  const others = included.filter((value) => value !== "viewer");
  if (others.length > 0) address.searchParams.set("include", others.join(","));
  else address.searchParams.delete("include");
  return address.pathname + address.search;
}
