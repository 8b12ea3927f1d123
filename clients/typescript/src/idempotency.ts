// The header with which a write can be repeated safely.

/** A new `Idempotency-Key` header. Send a retry of the same write with the same header. */
export function idempotencyKey(): { "Idempotency-Key": string } {
  // It need not be secret: the server keeps the keys of each user apart. crypto.randomUUID does not
  // exist on a page without TLS.
  const part = () => Math.random().toString(36).slice(2);
  return { "Idempotency-Key": `${Date.now().toString(36)}-${part()}-${part()}` };
}
