/**
 * The two questions that analysis asks of Prometheus: raw counters of Istio's standard metrics, for many Services at once.
 * Never `rate()` or `increase()`: both are blind to a series that is born with a value, and a candidate's always are.
 * Labels and buckets: https://istio.io/latest/docs/reference/config/metrics/
 */

/** Bounds of Istio's latency histogram in milliseconds, unless `sidecar.istio.io/statsHistogramBuckets` says otherwise. */
export const istioBucketsMs: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

/**
 * What is kept apart. `job`, `namespace` and `pod` (labels of the scrape target) are there to notice a proxy that is scraped twice: summed away, it would count every
 * request twice and make the evidence look stronger than it is.
 */
const identity = [
  "reporter",
  "job",
  "instance",
  "namespace",
  "pod",
  "destination_service",
  "destination_workload",
  "destination_workload_namespace",
  "destination_version",
];
const requestLabels = [...identity, "response_code", "response_flags", "grpc_response_status"].join(", ");
const countLabels = identity.join(", ");
const bucketLabels = [...identity, "le"].join(", ");

/**
 * The bucket that stands for "at most `maxMs`": the largest bound that is not above it, so that a bound in between is judged
 * more strictly, never less. `exact` when `maxMs` is a bound itself. Below the smallest bound there is only the smallest.
 */
export function bucketFor(
  maxMs: number,
  bounds: readonly number[] = istioBucketsMs,
): { bucketMs: number; exact: boolean } {
  const sorted = [...bounds].sort((a, b) => a - b);
  const bucketMs = sorted.findLast((bound) => bound <= maxMs) ?? sorted[0] ?? maxMs;
  return { bucketMs, exact: bucketMs === maxMs };
}

/** Requests so far of every proxy, by Service (FQDN), workload, version and status code. */
export function requestsQuery(hosts: readonly string[]): string {
  return `sum by (${requestLabels}) (istio_requests_total{${serviceMatcher(hosts)}})`;
}

/**
 * Requests so far that took at most each of `boundsMs`, and (without the label `le`) all of them. One query for both, so that
 * they come from the same scrape and their difference is never negative.
 */
export function latencyQuery(hosts: readonly string[], boundsMs: readonly number[]): string {
  // Prometheus 3 writes `le` of a whole number as "500.0", Prometheus 2 as the proxy does: "500".
  const bounds = [...new Set(boundsMs)]
    .sort((a, b) => a - b)
    .map((bound) => escapeRegex(String(bound)) + (Number.isInteger(bound) ? "(\\.0)?" : ""));
  const service = serviceMatcher(hosts);
  return (
    `sum by (${bucketLabels}) (istio_request_duration_milliseconds_bucket{${service}, le=~${quote(bounds.join("|"))}})` +
    ` or sum by (${countLabels}) (istio_request_duration_milliseconds_count{${service}})`
  );
}

/** What a query written by this file asks for; undefined for any other. For whoever answers instead of a Prometheus. */
export function parseQuery(
  promql: string,
): { template: "requests" | "latency"; hosts: string[]; boundsMs: number[] } | undefined {
  const template = promql.includes("(istio_requests_total{")
    ? "requests"
    : promql.includes("(istio_request_duration_milliseconds_bucket{")
      ? "latency"
      : undefined;
  const hosts = alternatives(promql, "destination_service");
  if (template === undefined || hosts === undefined) return undefined;
  const boundsMs = (alternatives(promql, "le") ?? []).map((bound) => Number(bound.replace("(.0)?", "")));
  return { template, hosts, boundsMs };
}

function alternatives(promql: string, label: string): string[] | undefined {
  const matched = new RegExp(`[{ ]${label}=~"((?:[^"\\\\]|\\\\.)*)"`).exec(promql)?.[1];
  // Two layers of backslashes come off: the string's and the expression's.
  return matched?.split("|").map((one) => one.replaceAll(/\\\\(.)/g, "$1").replaceAll(/\\(.)/g, "$1"));
}

function serviceMatcher(hosts: readonly string[]): string {
  return `destination_service=~${quote([...new Set(hosts)].sort().map(escapeRegex).join("|"))}`;
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
