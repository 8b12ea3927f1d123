// Parses the Prometheus text of /metrics and computes rates and quantiles from two readings.

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

/** The values the charts need from one reading; `at` is its time in milliseconds. */
export function summarize(text, at) {
  const samples = parse(text);
  const sum = (name) => samples.filter((sample) => sample.name === name).reduce((total, { value }) => total + value, 0);
  const buckets = new Map();
  for (const { name, labels, value } of samples) {
    if (name !== "cruddur_http_request_duration_seconds_bucket") continue;
    const upperBound = labels.le === "+Inf" ? Infinity : Number(labels.le);
    buckets.set(upperBound, (buckets.get(upperBound) ?? 0) + value);
  }
  return {
    at,
    requests: sum("cruddur_http_requests_total"),
    buckets: [...buckets].sort(([one], [other]) => one - other),
    inUse: sum("cruddur_database_connections_in_use"),
    open: sum("cruddur_database_connections_in_use") + sum("cruddur_database_connections_idle"),
  };
}

/** Requests per second between two readings. */
export function rate(before, after) {
  return Math.max(0, (after.requests - before.requests) / ((after.at - before.at) / 1_000));
}

/**
 * The quantile of the request durations between two readings, in seconds: the upper bound of its
 * histogram bucket, or the highest finite bound. Null where there was no request.
 */
export function quantile(q, before, after) {
  const earlier = new Map(before.buckets);
  const counts = after.buckets.map(([bound, count]) => [bound, count - (earlier.get(bound) ?? 0)]);
  const total = counts.at(-1)?.[1] ?? 0;
  if (total <= 0) return null;
  const index = counts.findIndex(([, count]) => count >= q * total);
  const upperBound = counts[index][0];
  return upperBound === Infinity ? counts[index - 1][0] : upperBound;
}
