import { compilePlan } from "../../src/engine/plan.ts";
import { alone } from "../../src/api/policy/alone.test-helper.ts";
import { type RunStatus, runStatusSchema } from "../../src/api/run.ts";
import type { RunSpec } from "../../src/api/run-spec.ts";
import type { Pinned, TrackedRevision } from "../../src/api/pinned.ts";
import { twoLines } from "./manifests.ts";

const from: TrackedRevision = {
  track: "own",
  revision: "checkout-6",
  hash: "5f6d8c9b7",
  podLabels: { "pod-template-hash": "5f6d8c9b7" },
  workload: "checkout",
};

const pinned: Pinned = {
  workload: { name: "checkout", uid: "0b8a3d0e-6f3f-4c53-9f4c-0a4a0a3f7c11" },
  service: { name: "checkout", port: 8000 },
  sizeAtStart: 4,
  istio: {
    apiVersion: "networking.istio.io/v1",
    virtualServices: [{ namespace: "shop", name: "checkout", uid: "5a4c1a55-5d0a-4b43-8c52-5f5a7a3e2c01", routes: [] }],
    destinationRule: { namespace: "shop", name: "checkout" },
    subsets: { stable: "stable", canary: "canary" },
  },
};

/** A run as the engine makes it. */
export function runSpec(rollout: Record<string, unknown> = twoLines): RunSpec {
  return {
    rollout: "checkout",
    ordinal: 7,
    reason: "NewRevision",
    from,
    to: {
      ...from,
      track: "twin",
      revision: "checkout-7",
      workload: "checkout-7",
      podLabels: { "sluice.dev/run": "checkout-7" },
    },
    plan: compilePlan(alone(rollout)),
    pinned,
    commands: [],
  };
}

export function run(spec: Record<string, unknown> = { ...runSpec() }, name = "checkout-7", namespace = "shop") {
  return { apiVersion: "sluice.dev/v1alpha1", kind: "RolloutRun", metadata: { name, namespace }, spec };
}

const at = "2026-11-23T04:38:00.123456Z";
const sentence =
  "at most 2 % of requests may fail; 17 of 1,204 did (1.41 %), seen from the callers, over 5m of observation at 10 %. ".repeat(
    2,
  );
const labels =
  'reporter="source",destination_service="checkout.shop.svc.cluster.local",destination_version=~"stable|canary"';
const query = `sum by (instance, destination_version, response_code) (istio_requests_total{${labels}})`;

/** The longest life that a run may have: every step by every state, every objective with its evidence, everything noted. */
export function fullStatus({ plan }: RunSpec): RunStatus {
  const states = ["Waiting", "Scaling", "Shifting", "Observing"];
  return runStatusSchema.parse({
    observedGeneration: 101,
    phase: "Observing",
    step: plan.steps.length - 1,
    weightInForce: 99.9999,
    message: sentence,
    since: at,
    startedAt: at,
    evidenceSince: at,
    appliedAt: at,
    deadlines: { progress: at, keep: at, inconclusive: at },
    approved: plan.steps.map((step) => step.name),
    commandsSeen: Array.from(
      { length: 100 },
      (_, index) => `a5e1f7c2-89e5-4b8c-9a63-${String(index).padStart(12, "0")}`,
    ),
    asFound: {
      routes: [
        { namespace: "shop", name: "checkout", route: "main", form: "plain", destinations: sentence, weight: 0 },
      ],
      rule: { existed: true, stable: { app: "checkout" }, canary: { app: "checkout" } },
      scaling: { kind: "HorizontalPodAutoscaler", name: "checkout", minReplicas: 12 },
    },
    writer: "sluice-7c9d8b6f5-x2x4z/0b8a3d0e-6f3f-4c53-9f4c-0a4a0a3f7c11",
    transitions: plan.steps.flatMap((step) =>
      states.map((from, index) => ({
        at,
        from,
        to: states[(index + 1) % states.length] ?? from,
        event: "pass",
        message: `step ${step.name}: ${sentence.slice(0, 100)}`,
        by: "alice@example.com",
      })),
    ),
    objectives: plan.analysis.objectives.map(({ name, limitFraction }) => ({
      name,
      verdict: "inconclusive",
      message: sentence,
      evidence: {
        view: "source",
        total: 1_234_567,
        bad: 12_345,
        fraction: 0.0099999419,
        limitFraction,
        eValue: 12.345678901234567,
        alpha: 0.0005,
        from: at,
        to: at,
        query,
      },
    })),
    notified: Array.from({ length: 10 }, (_, index) => ({
      channel: `channel-number-${index}-${"x".repeat(44)}`,
      key: "mjkvk4qo.swappingweight.converging.inconclusiverollback",
      at,
      ts: "1767225600.000001",
    })),
    preflight: Array.from({ length: 20 }, (_, index) => ({
      id: `check-${index}`,
      severity: "warn",
      message: sentence,
      remedy: sentence,
    })),
    conditions: ["Ready", "Reconciling", "Stalled", "RouteContended", "LiveOnTwin", "TrafficShifted"].map((type) => ({
      type,
      status: "Unknown",
      reason: "Inconclusive",
      message: sentence,
      lastTransitionTime: "2026-11-23T04:38:00Z",
      observedGeneration: 101,
    })),
  });
}
