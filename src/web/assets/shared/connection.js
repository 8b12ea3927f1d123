// Whether the server can be reached. A request that finds it gone says so here; from then on its
// readiness is asked for until it is back, and whoever listens for `found` may go on.

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 8_000;

class Connection extends EventTarget {
  #asking = false;

  get isLost() {
    return this.#asking;
  }

  /** A request got no answer, or was told that there is none now. */
  lose() {
    if (this.#asking) return;
    this.#asking = true;
    this.dispatchEvent(new Event("lost"));
    this.#ask(FIRST_WAIT);
  }

  #ask(wait) {
    setTimeout(async () => {
      if (await isReady()) {
        this.#asking = false;
        this.dispatchEvent(new Event("found"));
      } else {
        this.#ask(Math.min(wait * 2, LONGEST_WAIT));
      }
    }, wait);
  }
}

async function isReady() {
  try {
    const answer = await fetch("/readyz", { cache: "no-store" });
    return answer.ok;
  } catch {
    return false;
  }
}

export const connection = new Connection();
