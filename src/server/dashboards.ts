/** Units as Grafana names them. */
type Unit = "short" | "percent" | "percentunit" | "s" | "reqps" | "ops";

/** One picture of a dashboard. Queries are PromQL; `$__rate_interval` and a dashboard's own variables stand in them. */
export interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly kind: "timeseries" | "stat" | "table" | "state-timeline";
  readonly unit?: Unit;
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
}

export interface Dashboard {
  /** Of the file, and in Grafana's address. */
  readonly uid: "sluice-fleet" | "sluice-rollout" | "sluice-controller";
  readonly title: string;
  readonly description: string;
  /** Chosen at the top, each from the values of a label of sluice_rollout_state, within those before it. */
  readonly variables: readonly ("namespace" | "rollout")[];
  readonly panels: readonly Panel[];
}

const THIS = 'namespace="$namespace",rollout="$rollout"';

/** Both of a controller's pods tell what the leader knew, for as long as a scrape is fresh: the larger one is the leader's. */
const newest = (by: string, expr: string) => `max by (${by}) (${expr})`;
const rate = (series: string) => `rate(${series}[$__rate_interval])`;
const quantile = (fraction: number, by: string, histogram: string) =>
  `histogram_quantile(${fraction}, sum by (le${by === "" ? "" : `, ${by}`}) (${rate(`${histogram}_bucket`)}))`;

const FLEET: Dashboard = {
  uid: "sluice-fleet",
  title: "Sluice: all rollouts",
  description: "What is being shipped now, what was taken back, and what waits for somebody.",
  variables: [],
  panels: [
    {
      title: "Rollouts by state",
      kind: "timeseries",
      queries: [
        { expr: `count by (row) (${newest("namespace, rollout, row", "sluice_rollout_state")})`, legend: "{{row}}" },
      ],
    },
    {
      title: "Waiting for somebody",
      description: "Paused, or stalled until what it complains of is mended.",
      kind: "table",
      queries: [
        {
          expr: newest("namespace, rollout, phase, row", 'sluice_rollout_state{row=~"Paused|Stalled"}'),
          legend: "{{namespace}}/{{rollout}}",
        },
      ],
    },
    {
      title: "Taken back",
      kind: "table",
      queries: [
        {
          expr: newest("namespace, rollout, phase", 'sluice_rollout_state{row=~"RollingBack|RolledBack"}'),
          legend: "{{namespace}}/{{rollout}}",
        },
      ],
    },
    {
      title: "Users on new versions",
      kind: "timeseries",
      unit: "percent",
      queries: [
        { expr: newest("namespace, rollout", "sluice_rollout_weight_percent"), legend: "{{namespace}}/{{rollout}}" },
      ],
    },
    {
      title: "Verdicts",
      kind: "timeseries",
      queries: [
        {
          expr: `count by (verdict) (${newest("namespace, rollout, objective, verdict", "sluice_objective_verdict")})`,
          legend: "{{verdict}}",
        },
      ],
    },
  ],
};

const ROLLOUT: Dashboard = {
  uid: "sluice-rollout",
  title: "Sluice: one rollout",
  description: "A release as it went: phase, weight, what the numbers said, and what was found other than written.",
  variables: ["namespace", "rollout"],
  panels: [
    {
      title: "Phase",
      kind: "state-timeline",
      queries: [{ expr: newest("phase", `sluice_rollout_state{${THIS}}`), legend: "{{phase}}" }],
    },
    {
      title: "Users on the new version",
      kind: "timeseries",
      unit: "percent",
      queries: [{ expr: newest("rollout", `sluice_rollout_weight_percent{${THIS}}`), legend: "weight" }],
    },
    {
      title: "Verdicts",
      kind: "state-timeline",
      queries: [
        {
          expr: newest("objective, verdict", `sluice_objective_verdict{${THIS}}`),
          legend: "{{objective}}: {{verdict}}",
        },
      ],
    },
    {
      title: "Evidence against each objective",
      description: "log10 of E: a breach from log10 of 1/alpha up, as `sluice get` shows it.",
      kind: "timeseries",
      queries: [
        { expr: `log10(${newest("objective", `sluice_objective_e_value{${THIS}}`)})`, legend: "{{objective}}" },
      ],
    },
    {
      title: "Corrections of foreign changes",
      kind: "timeseries",
      queries: [
        {
          expr: `sum by (field) (increase(sluice_drift_corrections_total{${THIS}}[$__rate_interval]))`,
          legend: "{{field}}",
        },
      ],
    },
  ],
};

const CONTROLLER: Dashboard = {
  uid: "sluice-controller",
  title: "Sluice: controller",
  description: "Whether the controller itself is well. The alerts of deploy/monitoring ask for the same series.",
  variables: [],
  panels: [
    { title: "Leaders", kind: "stat", queries: [{ expr: "sum(sluice_leader)", legend: "leaders" }] },
    {
      title: "Versions",
      kind: "table",
      queries: [{ expr: "count by (version, node_version) (sluice_build_info)", legend: "{{version}}" }],
    },
    {
      title: "Queue",
      kind: "timeseries",
      queries: [
        { expr: "sum(sluice_queue_depth)", legend: "waiting" },
        { expr: "sum(sluice_queue_active)", legend: "in hand" },
      ],
    },
    {
      title: "Longest wait for a pass",
      kind: "timeseries",
      unit: "s",
      queries: [{ expr: "max(sluice_queue_oldest_age_seconds)", legend: "oldest" }],
    },
    {
      title: "Passes",
      kind: "timeseries",
      unit: "ops",
      queries: [{ expr: `sum by (outcome) (${rate("sluice_pass_duration_seconds_count")})`, legend: "{{outcome}}" }],
    },
    {
      title: "Time of a pass",
      kind: "timeseries",
      unit: "s",
      queries: [
        { expr: quantile(0.5, "", "sluice_pass_duration_seconds"), legend: "median" },
        { expr: quantile(0.99, "", "sluice_pass_duration_seconds"), legend: "99 %" },
      ],
    },
    {
      title: "Requests to the API server",
      kind: "timeseries",
      unit: "reqps",
      queries: [{ expr: `sum by (verb, code) (${rate("sluice_api_requests_total")})`, legend: "{{verb}} {{code}}" }],
    },
    {
      title: "Time of a request to the API server, 99 %",
      kind: "timeseries",
      unit: "s",
      queries: [{ expr: quantile(0.99, "verb", "sluice_api_request_duration_seconds"), legend: "{{verb}}" }],
    },
    {
      title: "Queries to Prometheus",
      kind: "timeseries",
      unit: "reqps",
      queries: [
        {
          expr: `sum by (server, outcome) (${rate("sluice_prometheus_requests_total")})`,
          legend: "{{server}} {{outcome}}",
        },
      ],
    },
    {
      title: "Time of a query to Prometheus, 99 %",
      kind: "timeseries",
      unit: "s",
      queries: [{ expr: quantile(0.99, "server", "sluice_prometheus_request_duration_seconds"), legend: "{{server}}" }],
    },
    {
      title: "Caches held against a list",
      kind: "timeseries",
      unit: "ops",
      queries: [
        { expr: `sum by (resource) (${rate("sluice_cache_relists_total")})`, legend: "{{resource}} lists" },
        { expr: `sum by (resource) (${rate("sluice_cache_misses_total")})`, legend: "{{resource}} missed" },
      ],
    },
    {
      title: "Notifications",
      kind: "timeseries",
      unit: "ops",
      queries: [{ expr: `sum by (outcome) (${rate("sluice_notifications_total")})`, legend: "{{outcome}}" }],
    },
  ],
};

/** The dashboards that come with Sluice. Each series of the controller is in one of them. */
export const DASHBOARDS: readonly Dashboard[] = [FLEET, ROLLOUT, CONTROLLER];
