// A typed client of Cruddur's API. Paths, bodies and answers are those of `api.ts`, which is generated
// from the server's OpenAPI document; this file only knows the contract's conventions: the token, the
// codes of a refusal, the key of a repeated write and the next page.

import createFetchClient, { type Client as FetchClient } from "openapi-fetch";

import type { Codes, paths, Problem } from "./api.js";

export type * from "./api.js";

export type Client = FetchClient<paths>;

export interface Options {
  /** The server's origin, `https://api.cruddur.com`. */
  readonly baseUrl: string;
  /** The access token of the moment, asked for before every request; nothing for nobody. */
  readonly token?: () => string | undefined | Promise<string | undefined>;
}

/** A client for `client.GET("/api/activities/home")` and every other path of the document. */
export function createClient({ baseUrl, token }: Options): Client {
  const client = createFetchClient<paths>({ baseUrl });
  client.use({
    async onRequest({ request }) {
      const current = await token?.();
      if (current) request.headers.set("Authorization", `Bearer ${current}`);
      return request;
    },
  });
  return client;
}

/** A refusal's code, whichever of the two bodies it came in: `message_blank`. */
export function codeOf(refusal: Codes | Problem): string {
  return "code" in refusal ? refusal.code : (refusal[0] ?? "generic_500");
}

/** The cursor of the next page (`before` or `after`), out of an answer's `Link`; none on the last. */
export function nextCursor(response: Response): string | undefined {
  const address = /<([^>]*)>; rel="next"/.exec(response.headers.get("Link") ?? "")?.[1];
  if (address === undefined) return undefined;
  const query = new URL(address, response.url).searchParams;
  return query.get("before") ?? query.get("after") ?? undefined;
}

/** The header that makes a write safe to send again: keep it for as long as it is the same write. */
export function idempotencyKey(): { "Idempotency-Key": string } {
  // New, not secret: keys are each user's own. crypto.randomUUID is missing on a page without TLS.
  const part = () => Math.random().toString(36).slice(2);
  return { "Idempotency-Key": `${Date.now().toString(36)}-${part()}-${part()}` };
}
