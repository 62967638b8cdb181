import { expect, test } from "vitest";
import { METRICS, metricsReference } from "./metrics-table.ts";
import { createMetrics } from "./metrics.ts";

const about = { namespace: "shop", rollout: "checkout" };
const observing = { ...about, run: "checkout-1", phase: "Observing", row: "Progressing", weightPercent: 10 };

async function linesOf(metrics: ReturnType<typeof createMetrics>, pattern: RegExp): Promise<string[]> {
  return (await metrics.text()).split("\n").filter((line) => !line.startsWith("#") && pattern.test(line));
}

function quiet() {
  return createMetrics({ version: "1.2.3", processMetrics: false });
}

test("every name in the table is registered with its help, and nothing else is", async () => {
  const helps = (await quiet().text()).split("\n").filter((line) => line.startsWith("# HELP"));
  expect(helps).toHaveLength(Object.keys(METRICS).length);
  for (const [name, { help }] of Object.entries(METRICS)) expect(helps).toContain(`# HELP ${name} ${help}`);
  for (const name of Object.keys(METRICS)) expect(metricsReference()).toContain(`| \`${name}\` |`);
});

test("a rollout has one state at a time", async () => {
  const metrics = quiet();
  metrics.telemetry.stands(observing);
  metrics.telemetry.stands({ ...observing, phase: "Paused", row: "Paused" });
  expect(await linesOf(metrics, /rollout_state/)).toEqual([
    'sluice_rollout_state{namespace="shop",rollout="checkout",phase="Paused",row="Paused"} 1',
  ]);
  expect(await linesOf(metrics, /weight_percent/)).toEqual([
    'sluice_rollout_weight_percent{namespace="shop",rollout="checkout"} 10',
  ]);
});

test("an objective has one verdict, and its E goes when there is none", async () => {
  const metrics = quiet();
  metrics.telemetry.stands(observing);
  metrics.telemetry.judged({ ...about, objective: "errors", verdict: "inconclusive", eValue: 3 });
  metrics.telemetry.judged({ ...about, objective: "errors", verdict: "breach", eValue: Number.POSITIVE_INFINITY });
  expect(await linesOf(metrics, /objective/)).toEqual([
    'sluice_objective_verdict{namespace="shop",rollout="checkout",objective="errors",verdict="breach"} 1',
    'sluice_objective_e_value{namespace="shop",rollout="checkout",objective="errors"} +Inf',
  ]);
  metrics.telemetry.judged({ ...about, objective: "errors", verdict: "inconclusive", eValue: undefined });
  expect(await linesOf(metrics, /e_value/)).toEqual([]);
});

test("a newer run does not inherit the objectives of the one before", async () => {
  const metrics = quiet();
  metrics.telemetry.stands(observing);
  metrics.telemetry.judged({ ...about, objective: "errors", verdict: "pass", eValue: 0.1 });
  metrics.telemetry.stands({ ...observing, run: "checkout-2" });
  expect(await linesOf(metrics, /objective/)).toEqual([]);
});

test("corrections start at 0, so that the first one can be seen", async () => {
  const metrics = quiet();
  metrics.telemetry.stands(observing);
  expect(await linesOf(metrics, /corrections.*weight/)).toEqual([
    'sluice_drift_corrections_total{namespace="shop",rollout="checkout",field="weight"} 0',
  ]);
  metrics.telemetry.corrected({ ...about, field: "weight" });
  expect(await linesOf(metrics, /corrections.*weight/)).toEqual([
    'sluice_drift_corrections_total{namespace="shop",rollout="checkout",field="weight"} 1',
  ]);
});

test("nothing is left of a rollout that is forgotten, and others stay", async () => {
  const metrics = quiet();
  for (const rollout of ["checkout", "cart"]) {
    metrics.telemetry.stands({ ...observing, rollout });
    metrics.telemetry.judged({ ...about, rollout, objective: "errors", verdict: "pass", eValue: 0.1 });
    metrics.telemetry.corrected({ ...about, rollout, field: "labels" });
  }
  metrics.telemetry.forgotten("shop", "checkout");
  expect(await linesOf(metrics, /rollout="checkout"/)).toEqual([]);
  expect(await linesOf(metrics, /rollout="cart"/)).toHaveLength(6);
});

test("requests, queries, relists and passes are counted in seconds and by outcome", async () => {
  const metrics = quiet();
  metrics.requested({ verb: "patch", resource: "deployments.apps", code: 409, durationMs: 20 });
  metrics.telemetry.queried("default", 200, false);
  metrics.telemetry.relisted("pods", 2);
  metrics.telemetry.passed("shop/checkout", 30, "error");
  const lines = await linesOf(metrics, /_total|_sum/);
  expect(lines).toContain('sluice_api_requests_total{verb="patch",resource="deployments.apps",code="409"} 1');
  expect(lines).toContain('sluice_api_request_duration_seconds_sum{verb="patch",resource="deployments.apps"} 0.02');
  expect(lines).toContain('sluice_prometheus_requests_total{server="default",outcome="error"} 1');
  expect(lines).toContain('sluice_cache_misses_total{resource="pods"} 2');
  expect(lines).toContain('sluice_pass_duration_seconds_sum{outcome="error"} 0.03');
});

test("a cache's counts are seen at 0 before its first relist, so that they are seen rising with it", async () => {
  const metrics = quiet();
  metrics.telemetry.cached("pods");
  expect(await linesOf(metrics, /cache/)).toEqual([
    'sluice_cache_relists_total{resource="pods"} 0',
    'sluice_cache_misses_total{resource="pods"} 0',
  ]);
  metrics.telemetry.relisted("pods", 2);
  expect(await linesOf(metrics, /misses/)).toEqual(['sluice_cache_misses_total{resource="pods"} 2']);
});

test("the queue is asked at the scrape", async () => {
  const metrics = quiet();
  expect(await linesOf(metrics, /queue/)).toEqual([
    "sluice_queue_depth 0",
    "sluice_queue_active 0",
    "sluice_queue_oldest_age_seconds 0",
  ]);
  metrics.watchQueue(() => ({ depth: 3, active: 2, oldestAgeMs: 1500 }));
  expect(await linesOf(metrics, /queue/)).toEqual([
    "sluice_queue_depth 3",
    "sluice_queue_active 2",
    "sluice_queue_oldest_age_seconds 1.5",
  ]);
});

test("who leads is a number", async () => {
  const metrics = quiet();
  expect(await linesOf(metrics, /leader/)).toEqual(["sluice_leader 0"]);
  metrics.setLeader(true);
  expect(await linesOf(metrics, /leader/)).toEqual(["sluice_leader 1"]);
});
