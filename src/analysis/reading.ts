import { type Attribution, attribute, isError, type Labels } from "./attribute.ts";
import type { AnalysisTarget, CounterRow, Reading } from "./types.ts";

/** One number of an answer; what Prometheus's instant samples are. */
export interface Sample {
  labels: Labels;
  value: number;
}

/** What one template's query brought for one Service, or why it brought nothing. */
export type Answer = { kind: "samples"; samples: readonly Sample[] } | { kind: "failed"; message: string };

/** Splits an answer about many Services, so that each run looks at its own samples only. */
export function byService<S extends Sample>(samples: readonly S[]): ReadonlyMap<string, S[]> {
  const services = new Map<string, S[]>();
  for (const sample of samples) {
    const service = sample.labels["destination_service"] ?? "";
    const known = services.get(service);
    if (known) known.push(sample);
    else services.set(service, [sample]);
  }
  return services;
}

/**
 * Makes one reading of what the server's answers said about `target` at `timeMs`. A sample that is not a count (NaN, infinite,
 * negative), a series that is there twice or a bucket that is missing makes an objective's part unusable, never good or bad.
 */
export function readingFrom(target: AnalysisTarget, timeMs: number, requests: Answer, latency?: Answer): Reading {
  const rows: Record<string, readonly CounterRow[]> = {};
  const unusable: Record<string, string> = {};
  const counted = requestRows(target, requests);
  for (const objective of target.objectives) {
    const part = objective.kind === "errorRate" ? counted : latencyRows(target, objective.bucketMs ?? 0, latency);
    if (part.kind === "rows") rows[objective.name] = part.rows;
    else unusable[objective.name] = part.reason;
  }
  return {
    timeMs,
    rows,
    requests: counted.kind === "rows" ? counted.rows : [],
    ...(Object.keys(unusable).length > 0 && { unusable }),
    instances:
      requests.kind === "samples"
        ? [...new Set(requests.samples.map((sample) => sample.labels["instance"] ?? ""))]
        : [],
  };
}

type Part = { kind: "rows"; rows: readonly CounterRow[] } | { kind: "unusable"; reason: string };

const unusable = (reason: string): Part => ({ kind: "unusable", reason });

function requestRows(target: AnalysisTarget, answer: Answer): Part {
  if (answer.kind === "failed") return unusable(answer.message);
  const rows = new Map<string, CounterRow>();
  const check = createCheck("istio_requests_total");
  for (const { labels, value } of answer.samples) {
    const found = attribute(target, labels);
    if (found === undefined) continue;
    const fault = check(
      found,
      value,
      `${labels["response_code"] ?? ""}|${labels["grpc_response_status"] ?? ""}|${about(labels)}`,
    );
    if (fault !== undefined) return unusable(fault);
    const row = rowOf(rows, found);
    row.total += value;
    if (isError(labels, found.view)) row.bad += value;
  }
  return { kind: "rows", rows: [...rows.values()] };
}

function latencyRows(target: AnalysisTarget, bucketMs: number, answer: Answer | undefined): Part {
  if (answer === undefined) return unusable("the latency was not asked for");
  if (answer.kind === "failed") return unusable(answer.message);
  const rows = new Map<string, CounterRow>();
  const withBucket = new Set<string>();
  const check = createCheck("istio_request_duration_milliseconds");
  for (const { labels, value } of answer.samples) {
    const found = attribute(target, labels);
    if (found === undefined) continue;
    const le = labels["le"] ?? "";
    // Other runs in the same query may look at other bounds.
    if (le !== "" && Number(le) !== bucketMs) continue;
    const fault = check(found, value, `${le === "" ? "count" : "bucket"}|${about(labels)}`);
    if (fault !== undefined) return unusable(fault);
    const row = rowOf(rows, found);
    // Slower than the bucket: all of them less those inside it.
    if (le === "") row.total += value;
    row.bad += le === "" ? value : -value;
    if (le !== "") withBucket.add(found.series);
  }
  for (const row of rows.values()) {
    if (row.total > 0 && !withBucket.has(row.series)) {
      return unusable(
        `${row.instance} has no latency bucket le="${bucketMs}": are its histogram's bounds not Istio's?`,
      );
    }
    if (row.bad < 0) return unusable(`${row.instance} counts more requests within ${bucketMs} ms than in all`);
  }
  return { kind: "rows", rows: [...rows.values()] };
}

function rowOf(rows: Map<string, CounterRow>, found: Attribution): CounterRow {
  const known = rows.get(found.series);
  if (known) return known;
  const row: CounterRow = {
    track: found.track,
    view: found.view,
    series: found.series,
    total: 0,
    bad: 0,
    instance: found.instance,
    by: found.by,
  };
  rows.set(found.series, row);
  return row;
}

/** What else may keep two samples of one row apart by right. */
function about(labels: Labels): string {
  return `${labels["destination_workload_namespace"] ?? ""}|${labels["destination_version"] ?? ""}`;
}

/** Says what is wrong with a sample, given all that came before it in the same answer. */
function createCheck(metric: string): (found: Attribution, value: number, kind: string) => string | undefined {
  const seen = new Set<string>();
  const scrapes = new Map<string, string>();
  return (found, value, kind) => {
    if (!Number.isFinite(value)) return `${metric} of ${found.instance} is ${value}, not a number of requests`;
    if (value < 0) return `${metric} of ${found.instance} is negative: ${value}`;
    const scrape = scrapes.get(found.proxy);
    if (scrape !== undefined && scrape !== found.scrape) {
      return `${found.proxy} is scraped twice, by ${scrape} and by ${found.scrape}: its requests would count twice`;
    }
    scrapes.set(found.proxy, found.scrape);
    const sample = `${found.series}|${kind}`;
    if (seen.has(sample)) return `${metric} of ${found.instance} is there twice in one answer`;
    seen.add(sample);
    return undefined;
  };
}
