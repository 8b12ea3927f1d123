// Whether the server can be reached. After a failed request it polls /readyz until the server is
// ready again.

/** Milliseconds before the first poll; each later one waits twice as long, up to MAX_DELAY. */
const FIRST_DELAY = 1_000;
const MAX_DELAY = 8_000;

/** Dispatches `lost` when the server stops answering and `restored` when it is ready again. */
class Connection extends EventTarget {
  #isLost = false;

  get isLost() {
    return this.#isLost;
  }

  /** Records that a request got no response from the server. */
  markLost() {
    if (this.#isLost) return;
    this.#isLost = true;
    this.dispatchEvent(new Event("lost"));
    this.#poll(FIRST_DELAY);
  }

  #poll(delay) {
    setTimeout(async () => {
      if (await isReady()) {
        this.#isLost = false;
        this.dispatchEvent(new Event("restored"));
      } else {
        this.#poll(Math.min(delay * 2, MAX_DELAY));
      }
    }, delay);
  }
}

async function isReady() {
  try {
    const response = await fetch("/readyz", { cache: "no-store" });
    return response.ok;
  } catch {
    return false;
  }
}

export const connection = new Connection();
