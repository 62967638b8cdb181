/** Every series that the controller exposes. The registry is made from this table, and docs/reference/metrics.md from nothing else. */

export interface MetricDefinition {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in the unit of its name. */
  readonly buckets?: readonly number[];
}

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];
const ROLLOUT = ["namespace", "rollout"];

export const METRICS = {
  sluice_build_info: {
    type: "gauge",
    help: "Always 1; the labels say which version runs, on which Node.",
    labels: ["version", "node_version"],
  },
  sluice_leader: {
    type: "gauge",
    help: "1 in the process that leads and does the work, 0 in those that stand by.",
    labels: [],
  },
  sluice_queue_depth: {
    type: "gauge",
    help: "Rollouts that wait for a pass, without those in hand.",
    labels: [],
  },
  sluice_queue_active: {
    type: "gauge",
    help: "Rollouts that a pass is working on.",
    labels: [],
  },
  sluice_queue_oldest_age_seconds: {
    type: "gauge",
    help: "How long the Rollout that has waited longest has waited. Much above the time of a pass: too few workers, or a slow API server.",
    labels: [],
  },
  sluice_pass_duration_seconds: {
    type: "histogram",
    help: "Time of a pass over one Rollout. The outcome error is retried with a backoff.",
    labels: ["outcome"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
  },
  sluice_rollout_state: {
    type: "gauge",
    help: "1 for the phase that the newest run is in (or ended with), and for the row of the condition contract that it stands for.",
    labels: [...ROLLOUT, "phase", "row"],
  },
  sluice_rollout_weight_percent: {
    type: "gauge",
    help: "Percent of the users that the mesh sends to the new version.",
    labels: ROLLOUT,
  },
  sluice_objective_verdict: {
    type: "gauge",
    help: "1 for what the numbers of the newest run say about an objective: pass, breach or inconclusive.",
    labels: [...ROLLOUT, "objective", "verdict"],
  },
  sluice_objective_e_value: {
    type: "gauge",
    help: "How strongly the numbers speak against an objective's limit being kept; a breach from 1/alpha up.",
    labels: [...ROLLOUT, "objective"],
  },
  sluice_drift_corrections_total: {
    type: "counter",
    help: "Weights and labels that were found other than written, and put right.",
    labels: [...ROLLOUT, "field"],
  },
  sluice_api_requests_total: {
    type: "counter",
    help: "Requests to the Kubernetes API server. The code 0 means that no answer came.",
    labels: ["verb", "resource", "code"],
  },
  sluice_api_request_duration_seconds: {
    type: "histogram",
    help: "Time until the API server answered; of a watch, until it was open.",
    labels: ["verb", "resource"],
    buckets: REQUEST_SECONDS,
  },
  sluice_prometheus_requests_total: {
    type: "counter",
    help: "Queries to a Prometheus, by the name that Rollouts use and whether it answered (ok) or not (error).",
    labels: ["server", "outcome"],
  },
  sluice_prometheus_request_duration_seconds: {
    type: "histogram",
    help: "Time of a query to a Prometheus.",
    labels: ["server"],
    buckets: REQUEST_SECONDS,
  },
  sluice_cache_relists_total: {
    type: "counter",
    help: "How often a cache was held against a complete list.",
    labels: ["resource"],
  },
  sluice_cache_misses_total: {
    type: "counter",
    help: "Objects that a relist found changed although no event had told of it. Above 0: the watch loses events.",
    labels: ["resource"],
  },
  sluice_notifications_total: {
    type: "counter",
    help: "Messages to people, by the kind of the channel: sent, failed (a try; those that matter are tried again) or dropped (given up).",
    labels: ["kind", "outcome"],
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** The table as Markdown. Series of Node itself (`process_…`, `nodejs_…`) come from prom-client and are described there. */
export function metricsReference(): string {
  const rows = Object.entries<MetricDefinition>(METRICS).map(([name, { type, labels, help }]) => {
    const shown = labels.length === 0 ? "" : labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${type} | ${shown} | ${help} |`;
  });
  return [
    "# Metrics",
    "",
    "What `sluice controller` serves at `/metrics`. Series about a rollout go when the rollout goes. Beside these stand prom-client's",
    "own of the process: `process_…` and `nodejs_…`.",
    "",
    "| name | type | labels | meaning |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
