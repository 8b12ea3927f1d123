// Retries of requests. A read and a write with an idempotency key can be sent again; another write cannot.

/** How requests are retried. */
export interface Retry {
  /** How often a request is sent at most; 4 by default. */
  readonly attempts?: number;
  /** The longest pause between two attempts, in milliseconds; 10 seconds by default. */
  readonly maxPause?: number;
}

/** The statuses after which the same request may succeed: the first write with its key runs, too many requests, overload. */
const TEMPORARY = [409, 429, 502, 503, 504];
/** The pause before the second attempt, in milliseconds. Every further one is twice as long. */
const FIRST_PAUSE = 200;

/** Sends a request with `send`, and sends it again while it gets no answer or a temporary refusal. */
export function retrying(
  send: (request: Request) => Promise<Response>,
  { attempts = 4, maxPause = 10_000 }: Retry = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    const isRead = request.method === "GET" || request.method === "HEAD";
    const isRepeatable = isRead || request.headers.has("Idempotency-Key");
    const limit = isRepeatable ? attempts : 1;
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= limit;
      try {
        const response = await send(isLast ? request : request.clone());
        if (isLast || !(await isTemporary(response))) return response;
        await pause(request, Math.min(afterOf(response) ?? backOff(attempt), maxPause));
      } catch (error) {
        // An abort is the caller's decision; fetch throws a TypeError where there was no answer.
        if (isLast || request.signal.aborted || !(error instanceof TypeError)) throw error;
        await pause(request, Math.min(backOff(attempt), maxPause));
      }
    }
  };
}

/** Of the refusals with 409, only that of a write whose first request still runs is temporary. */
async function isTemporary(response: Response): Promise<boolean> {
  if (!TEMPORARY.includes(response.status)) return false;
  if (response.status !== 409) return true;
  return (await response.clone().text()).includes("idempotency_key_in_flight");
}

/** `Retry-After` in milliseconds; undefined without one in seconds. */
function afterOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}

/** Between half of the pause and the whole, so that clients do not come back together. */
function backOff(attempt: number): number {
  return FIRST_PAUSE * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
}

function pause({ signal }: Request, milliseconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      resolve();
    }, milliseconds);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
