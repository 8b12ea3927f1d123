// Reads a response of the type text/event-stream.

/** Characters; no event is as long. */
const MAX_BLOCK = 1_000_000;

/**
 * Calls `onBlock({id, type, data, retry})` for each block as it arrives, until the body ends. A block without data is a
 * sign of life, and its `data` is null.
 */
export async function readEvents(body, onBlock) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    if (text.length > MAX_BLOCK) throw new Error("An event is too long.");
    blocks.map(parse).forEach(onBlock);
  }
}

function parse(block) {
  const fields = { id: null, event: null, data: null, retry: null };
  for (const line of block.split("\n")) {
    const [, name, value] = line.match(/^(\w+): ?(.*)$/) ?? [];
    if (name in fields) fields[name] = value;
  }
  const { id, event: type, data, retry } = fields;
  return { id, type, data: data === null ? null : JSON.parse(data), retry: retry === null ? null : Number(retry) };
}
