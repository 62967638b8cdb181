import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Telemetry } from "../controller/telemetry.ts";
import type { RequestInfo } from "../kube/client.ts";
import { METRICS, type MetricDefinition, type MetricName } from "./metrics-table.ts";
import { createOwnedSeries } from "./series.ts";

export interface Metrics {
  /** What the controller reports to. */
  readonly telemetry: Telemetry;
  /** For the Kubernetes client's `onRequest`. */
  requested(info: RequestInfo): void;
  setLeader(leading: boolean): void;
  /** Asked at each scrape; undefined: nothing is worked on here. */
  watchQueue(queue: (() => { depth: number; active: number; oldestAgeMs: number }) | undefined): void;
  readonly contentType: string;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
}

export interface MetricsOptions {
  version: string;
  /** Series of the process itself; a registry of a test does without. @default true */
  processMetrics?: boolean;
}

/** A registry of its own: several can live in one process. */
export function createMetrics({ version, processMetrics = true }: MetricsOptions): Metrics {
  const register = new Registry();
  if (processMetrics) collectDefaultMetrics({ register });
  const metric = builder(register);
  const leader = metric.gauge("sluice_leader");
  const passes = metric.histogram("sluice_pass_duration_seconds");
  const state = metric.gauge("sluice_rollout_state");
  const weight = metric.gauge("sluice_rollout_weight_percent");
  const verdicts = metric.gauge("sluice_objective_verdict");
  const eValues = metric.gauge("sluice_objective_e_value");
  const corrections = metric.counter("sluice_drift_corrections_total");
  const apiRequests = metric.counter("sluice_api_requests_total");
  const apiSeconds = metric.histogram("sluice_api_request_duration_seconds");
  const queries = metric.counter("sluice_prometheus_requests_total");
  const querySeconds = metric.histogram("sluice_prometheus_request_duration_seconds");
  const relists = metric.counter("sluice_cache_relists_total");
  const misses = metric.counter("sluice_cache_misses_total");
  const notifications = metric.counter("sluice_notifications_total");
  metric.gauge("sluice_build_info").set({ version, node_version: process.versions.node }, 1);
  leader.set(0);

  let readQueue: Parameters<Metrics["watchQueue"]>[0];
  metric.gauge("sluice_queue_depth", (gauge) => gauge.set(readQueue?.().depth ?? 0));
  metric.gauge("sluice_queue_active", (gauge) => gauge.set(readQueue?.().active ?? 0));
  metric.gauge("sluice_queue_oldest_age_seconds", (gauge) => gauge.set((readQueue?.().oldestAgeMs ?? 0) / 1000));

  const series = createOwnedSeries();
  const runs = new Map<string, string>();
  const telemetry: Telemetry = {
    passed: (_key, durationMs, outcome) => passes.observe({ outcome }, durationMs / 1000),
    stands({ namespace, rollout, run, phase, weightPercent, row }) {
      const owner = `${namespace}/${rollout}`;
      const labels = { namespace, rollout };
      if (runs.get(owner) !== run) {
        // Another run may have other objectives; and what counts from 0 must be seen at 0 to be seen rising.
        series.drop(owner, "objective ");
        for (const field of ["weight", "labels"]) {
          corrections.inc({ ...labels, field }, 0);
          series.own(owner, `corrections ${field}`, corrections, { ...labels, field });
        }
        runs.set(owner, run);
      }
      series.set(owner, "state", state, { ...labels, phase, row }, 1);
      series.set(owner, "weight", weight, labels, weightPercent);
    },
    judged({ namespace, rollout, objective, verdict, eValue }) {
      const owner = `${namespace}/${rollout}`;
      const labels = { namespace, rollout, objective };
      series.set(owner, `objective ${objective} verdict`, verdicts, { ...labels, verdict }, 1);
      if (eValue === undefined) series.drop(owner, `objective ${objective} e`);
      else series.set(owner, `objective ${objective} e`, eValues, labels, eValue);
    },
    corrected: (what) => {
      series.own(`${what.namespace}/${what.rollout}`, `corrections ${what.field}`, corrections, what);
      corrections.inc(what);
    },
    forgotten(namespace, rollout) {
      series.drop(`${namespace}/${rollout}`);
      runs.delete(`${namespace}/${rollout}`);
    },
    cached(resource) {
      // Relists are minutes apart: what is seen at 0 before can be seen rising with the first of them.
      relists.inc({ resource }, 0);
      misses.inc({ resource }, 0);
    },
    relisted(resource, missed) {
      relists.inc({ resource });
      misses.inc({ resource }, missed);
    },
    queried(server, durationMs, ok) {
      queries.inc({ server, outcome: ok ? "ok" : "error" });
      querySeconds.observe({ server }, durationMs / 1000);
    },
    notified: (what) => notifications.inc(what),
  };

  return {
    telemetry,
    requested({ verb, resource, code, durationMs }) {
      apiRequests.inc({ verb, resource, code: String(code) });
      apiSeconds.observe({ verb, resource }, durationMs / 1000);
    },
    setLeader: (leading) => leader.set(leading ? 1 : 0),
    watchQueue(queue) {
      readQueue = queue;
    },
    contentType: register.contentType,
    text: () => register.metrics(),
  };
}

/** Metrics by their rows of the table. */
function builder(register: Registry) {
  const common = (name: MetricName) => {
    const { help, labels } = METRICS[name] as MetricDefinition;
    return { name, help, labelNames: [...labels], registers: [register] };
  };
  return {
    counter: (name: MetricName) => new Counter(common(name)),
    gauge(name: MetricName, collect?: (gauge: Gauge) => void) {
      if (collect === undefined) return new Gauge(common(name));
      return new Gauge({
        ...common(name),
        collect() {
          collect(this);
        },
      });
    },
    histogram(name: MetricName) {
      const { buckets = [] } = METRICS[name] as MetricDefinition;
      return new Histogram({ ...common(name), buckets: [...buckets] });
    },
  };
}
