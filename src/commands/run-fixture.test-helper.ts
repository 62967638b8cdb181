import { API_VERSION, LABEL_ROLLOUT } from "../api/metadata.ts";
import { alone } from "../api/policy/alone.test-helper.ts";
import { type RunSpec, type RunStatus, runStatusSchema } from "../api/run.ts";
import type { ReadRun } from "../controller/observe.ts";
import { readRun } from "../controller/read.ts";
import { compilePlan } from "../engine/plan.ts";
import type { KubeObject } from "../kube/port.ts";

export const rolloutSpec = {
  workload: { name: "checkout" },
  traffic: { istio: { virtualServices: [{ name: "checkout" }] } },
  steps: [
    { name: "first", weight: 10, observe: "1m" },
    { name: "third", weight: 30, observe: "1m", approval: {} },
  ],
};

/** A Rollout as a person would have written it. */
export function rolloutObject(name = "checkout", namespace = "shop"): KubeObject {
  return { apiVersion: API_VERSION, kind: "Rollout", metadata: { name, namespace }, spec: rolloutSpec };
}

/** The Rollout's run number `ordinal`, as the controller would have begun it, with this much of a status. */
export function runObject(ordinal: number, status: Partial<RunStatus> = {}, namespace = "shop"): KubeObject {
  const tracked = (revision: string, track: "own" | "twin", workload: string) => ({
    track,
    revision,
    hash: revision,
    podLabels: { app: "checkout" },
    workload,
  });
  const name = `checkout-${ordinal}`;
  const spec: RunSpec = {
    rollout: "checkout",
    ordinal,
    reason: "NewRevision",
    from: tracked(`checkout-${ordinal - 1}`, "own", "checkout"),
    to: tracked(name, "twin", name),
    plan: compilePlan(alone(rolloutSpec)),
    pinned: {
      workload: { name: "checkout", uid: "d-1" },
      service: { name: "checkout", port: 80 },
      sizeAtStart: 4,
      istio: {
        apiVersion: "networking.istio.io/v1",
        virtualServices: [{ namespace, name: "checkout", uid: "v-1", routes: [] }],
        destinationRule: { namespace, name: "checkout" },
        subsets: { stable: "stable", canary: "canary" },
      },
    },
    commands: [],
  };
  return {
    apiVersion: API_VERSION,
    kind: "RolloutRun",
    metadata: { name, namespace, uid: `uid-of-${name}`, labels: { [LABEL_ROLLOUT]: "checkout" } },
    spec: { ...spec },
    status: runStatusSchema.parse(status),
  };
}

export function run(ordinal: number, status: Partial<RunStatus> = {}): ReadRun {
  const read = readRun(runObject(ordinal, status));
  if (read === undefined) throw new Error("the fixture is not a run");
  return read;
}
