// Reads the Prometheus text of /metrics, and makes of two readings what happened between them.

const SAMPLE = /^(?<name>[A-Za-z_:][\w:]*)(?:\{(?<labels>(?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (?<value>\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The samples as `{name, labels, value}`. */
export function parse(text) {
  return text.split("\n").map((line) => line.match(SAMPLE)?.groups).filter(Boolean)
    .map(({ name, labels, value }) => ({
      name,
      labels: Object.fromEntries([...(labels ?? "").matchAll(LABEL)].map(([, key, text]) => [key, text])),
      value: Number(value),
    }));
}

/** What the charts need of one reading. */
export function summary(text, at) {
  const samples = parse(text);
  const sum = (name) => samples.filter((sample) => sample.name === name).reduce((all, { value }) => all + value, 0);
  const buckets = new Map();
  for (const { name, labels, value } of samples) {
    if (name !== "cruddur_http_request_duration_seconds_bucket") continue;
    const edge = labels.le === "+Inf" ? Infinity : Number(labels.le);
    buckets.set(edge, (buckets.get(edge) ?? 0) + value);
  }
  return {
    at,
    requests: sum("cruddur_http_requests_total"),
    buckets: [...buckets].sort(([one], [other]) => one - other),
    inUse: sum("cruddur_database_connections_in_use"),
    sessions: sum("cruddur_database_connections_in_use") + sum("cruddur_database_connections_idle"),
  };
}

/** Requests in a second, between two summaries. */
export function rate(before, after) {
  return Math.max(0, (after.requests - before.requests) / ((after.at - before.at) / 1_000));
}

/** The upper edge, in seconds, of the bucket that holds that share of the requests in between. */
export function quantile(share, before, after) {
  const earlier = new Map(before.buckets);
  const counts = after.buckets.map(([edge, count]) => [edge, count - (earlier.get(edge) ?? 0)]);
  const all = counts.at(-1)?.[1] ?? 0;
  if (all <= 0) return null;
  const index = counts.findIndex(([, count]) => count >= share * all);
  const edge = counts[index][0];
  return edge === Infinity ? counts[index - 1][0] : edge;
}
