// A typed client of Cruddur's API. Paths, request bodies and responses are those of `api.ts`, which is
// generated from the server's OpenAPI document. This file adds the API's conventions: access token,
// error codes, idempotency key and pagination.

import createFetchClient, { type Client as FetchClient } from "openapi-fetch";

import type { Codes, paths, Problem } from "./api.js";

export type * from "./api.js";

/** The client of openapi-fetch, typed with the API's paths. */
export type Client = FetchClient<paths>;

/** Options of `createClient`. */
export interface Options {
  /** The server's origin, `https://api.cruddur.com`. */
  readonly baseUrl: string;
  /** Returns the access token; called before every request. Undefined: the request has none. */
  readonly token?: () => string | undefined | Promise<string | undefined>;
}

/** Creates a client: `client.GET("/api/activities/home")`, and so for every path of the document. */
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

/** The code of an error, for example `message_blank`, from either of the two error bodies. */
export function codeOf(error: Codes | Problem): string {
  return "code" in error ? error.code : (error[0] ?? "generic_500");
}

/** The cursor of the next page (`before` or `after`) from the `Link` header; undefined on the last. */
export function nextCursor(response: Response): string | undefined {
  const url = /<([^>]*)>; rel="next"/.exec(response.headers.get("Link") ?? "")?.[1];
  if (url === undefined) return undefined;
  const query = new URL(url, response.url).searchParams;
  return query.get("before") ?? query.get("after") ?? undefined;
}

/** A new `Idempotency-Key` header. Send a retry of the same write with the same header. */
export function idempotencyKey(): { "Idempotency-Key": string } {
  // It need not be secret: the server keeps the keys of each user apart. crypto.randomUUID does not
  // exist on a page without TLS.
  const part = () => Math.random().toString(36).slice(2);
  return { "Idempotency-Key": `${Date.now().toString(36)}-${part()}-${part()}` };
}
