import type { CallerFacts, MetricsFacts } from "../checks/types.ts";
import type { InstantSample, PrometheusApi } from "../prometheus/port.ts";

/** The server that a Rollout names. */
export interface MetricsProbe {
  server: string;
  api: PrometheusApi | undefined;
}

/** Does the server know the live workload's requests? Looks at counters alone: a quiet service has series all the same. */
export async function probeMetrics(
  probe: MetricsProbe,
  nowMs: number,
  serviceHost: string,
  workload: string,
): Promise<MetricsFacts | undefined> {
  if (probe.api === undefined)
    return {
      kind: "error",
      message: `the controller knows no server named "${probe.server}"; start it with --prometheus ${probe.server}=URL`,
    };
  const selector = `istio_requests_total{destination_service="${serviceHost}",destination_workload="${workload}",reporter="destination"}`;
  const now = await probe.api.query(`sum by (instance) (${selector})`, nowMs);
  if (now.kind === "error") return { kind: "error", message: now.message };
  const before = await probe.api.query(`sum by (instance) (${selector})`, nowMs - 300_000);
  return {
    kind: "samples",
    stableSeries: now.samples.length,
    requests: Math.max(0, total(now.samples) - (before.kind === "samples" ? total(before.samples) : 0)),
  };
}

/** Requests of the last hour from callers that the mesh does not know: they would meet the candidate by its share of the pods. */
export async function callersOutsideMesh(
  probe: MetricsProbe,
  nowMs: number,
  serviceHost: string,
): Promise<CallerFacts[] | undefined> {
  const selector = `istio_requests_total{destination_service="${serviceHost}",reporter="destination",connection_security_policy="none",source_workload="unknown"}`;
  const query = `sum by (source_workload, source_workload_namespace) (${selector})`;
  const now = await probe.api?.query(query, nowMs);
  if (now?.kind !== "samples") return undefined;
  const before = await probe.api?.query(query, nowMs - 3_600_000);
  const earlier = before?.kind === "samples" ? before.samples : [];
  return now.samples.flatMap((sample) => {
    const name = nameOf(sample);
    const requests = sample.value - (earlier.find((other) => nameOf(other) === name)?.value ?? 0);
    return requests > 0 ? [{ source: name, requests }] : [];
  });
}

function nameOf(sample: InstantSample): string {
  const { source_workload_namespace: namespace, source_workload: workload = "unknown" } = sample.labels;
  return namespace === undefined || namespace === "" || namespace === "unknown" ? workload : `${namespace}/${workload}`;
}

function total(samples: readonly InstantSample[]): number {
  return samples.reduce((sum, sample) => sum + (Number.isFinite(sample.value) ? sample.value : 0), 0);
}
