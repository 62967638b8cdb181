import { latencyQuery, requestsQuery } from "../analysis/queries.ts";
import { type Answer, byService, readingFrom, type Sample } from "../analysis/reading.ts";
import type { AnalysisTarget, Reading } from "../analysis/types.ts";
import type { PrometheusApi, QueryFailure, RangeResult } from "./port.ts";

/** What all of the targets' readings are made of: one result a template. `latency` is absent when no target asks for it. */
export type Ask<R> = (promql: string, template: "requests" | "latency") => Promise<R>;

/** Asks once for all `targets` with `ask` and hands back the two results. */
export async function askFor<R>(
  targets: readonly AnalysisTarget[],
  ask: Ask<R>,
): Promise<{ requests: R; latency?: R }> {
  const hosts = targets.map((target) => target.serviceHost);
  const slow = targets.filter((target) => boundsOf(target).length > 0);
  const requests = ask(requestsQuery(hosts), "requests");
  if (slow.length === 0) return { requests: await requests };
  const latency = ask(
    latencyQuery(
      slow.map((target) => target.serviceHost),
      slow.flatMap(boundsOf),
    ),
    "latency",
  );
  return { requests: await requests, latency: await latency };
}

function boundsOf(target: AnalysisTarget): number[] {
  return target.objectives.flatMap(({ bucketMs }) => (bucketMs === undefined ? [] : [bucketMs]));
}

/** Reads the results of an instant query as an answer per Service. */
export function instantAnswers(
  result: Awaited<ReturnType<PrometheusApi["query"]>> | undefined,
): (service: string) => Answer | undefined {
  if (result === undefined) return () => undefined;
  if (result.kind === "error") return () => failed(result);
  const services = byService(result.samples);
  return (service) => ({ kind: "samples", samples: services.get(service) ?? [] });
}

/** Reads a range as the readings that would have been taken at each of its times; times at which nothing was known are left out. */
export function rangeReadings(
  target: AnalysisTarget,
  requests: RangeResult,
  latency: RangeResult | undefined,
): Reading[] {
  const requestsAt = answersByTime(requests);
  const latencyAt = latency && answersByTime(latency);
  const times = [...new Set([...requestsAt.times, ...(latencyAt?.times ?? [])])].sort((a, b) => a - b);
  return times.map((timeMs) => readingFrom(target, timeMs, requestsAt.at(timeMs), latencyAt?.at(timeMs)));
}

function answersByTime(result: RangeResult): { times: Iterable<number>; at(timeMs: number): Answer } {
  if (result.kind === "error") return { times: [], at: () => failed(result) };
  const moments = new Map<number, Sample[]>();
  for (const { labels, points } of result.series) {
    for (const { timeMs, value } of points) {
      const known = moments.get(timeMs);
      if (known) known.push({ labels, value });
      else moments.set(timeMs, [{ labels, value }]);
    }
  }
  return { times: moments.keys(), at: (timeMs) => ({ kind: "samples", samples: moments.get(timeMs) ?? [] }) };
}

function failed({ reason, message }: QueryFailure): Answer {
  return { kind: "failed", message: `${reason}: ${message}` };
}
