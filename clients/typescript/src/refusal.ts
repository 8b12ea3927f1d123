// Refused requests and their codes. The type of an operation's error names the codes that it can have.

import type { Code, Problem } from "./api.js";

/** Either body of a refusal, with the codes `C`. */
type Body<C extends Code> = readonly C[] | (Problem & { readonly code?: C });

/** The code of an error, for example `message_blank`, from either of the two bodies. */
export function codeOf<C extends Code>(error: Body<C>): C | "generic_500" {
  const code = "code" in error ? error.code : (error as readonly C[])[0];
  return code ?? "generic_500";
}

/** A refused request, as `unwrap` and the iterators throw it. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    /** Why the server refused the request. */
    readonly code: Code,
    /** The HTTP response. */
    readonly response: Response,
  ) {
    super(`the server refused the request: ${code} (${response.status})`);
  }
}

/** The data of a response; throws a `Refusal` for an error. */
export async function unwrap<Data>(
  request: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<NonNullable<Data>> {
  const { data, error, response } = await request;
  if (data === undefined || data === null) throw refusal(error, response);
  return data;
}

/** The exception for the error of a response. A body that is not the server's, such as a proxy's, has no code. */
export function refusal(error: unknown, response: Response): Refusal {
  const isBody = typeof error === "object" && error !== null;
  return new Refusal(isBody ? codeOf(error as Body<Code>) : "generic_500", response);
}
