import type { KubeObject } from "../kube/port.ts";
import { defineCheck, type Problem } from "./define.ts";
import { asNumber, at, keyIn, keyOf, plural, sentenceList } from "./raw.ts";
import type { CheckWorld } from "./types.ts";
import { desiredReplicas } from "./workload.ts";

export const canaryReady = defineCheck(
  {
    id: "canary-ready",
    number: 11,
    title: "The version that users are on is fully available, in one ReplicaSet.",
    severity: "fail",
    reason:
      "A candidate is vetted beside a whole live version: it is what users are put back on, and stable is narrowed to its pods.",
    remedy: "Wait until every replica is available, or mend what keeps the pods from becoming ready.",
  },
  (world) => {
    const live = world.liveTwin ?? world.workload;
    if (live === undefined) {
      return [
        {
          message: `Deployment ${keyIn(world.rollout.namespace, world.rollout.spec.workload.name)} (spec.workload.name) does not exist.`,
          remedy: "Create the Deployment, or correct spec.workload.name.",
        },
      ];
    }
    const wanted = desiredReplicas(live);
    return wanted === 0 ? [] : [...unavailable(live, wanted), ...split(live, world)];
  },
);

function unavailable(live: KubeObject, wanted: number): Problem[] {
  const observed = asNumber(at(live, "status", "observedGeneration")) ?? 0;
  const generation = live.metadata.generation ?? 0;
  if (observed < generation) {
    return [
      {
        message: `The deployment controller has not yet seen generation ${generation} of Deployment ${keyOf(live)} (status.observedGeneration is ${observed}).`,
        remedy: "This passes by itself. If it stays, look at kube-controller-manager.",
      },
    ];
  }
  const available = asNumber(at(live, "status", "availableReplicas")) ?? 0;
  if (available >= wanted) return [];
  return [
    {
      message: `Deployment ${keyOf(live)} has ${available} of ${wanted} replicas available (status.availableReplicas).`,
      remedy: `Look at its pods: kubectl -n ${live.metadata.namespace ?? "default"} describe deployment ${live.metadata.name}.`,
    },
  ];
}

function split(live: KubeObject, world: CheckWorld): Problem[] {
  const active = world.replicaSets
    .filter((set) => set.metadata.ownerReferences?.some((owner) => owner.uid === live.metadata.uid))
    .map((set) => ({
      set,
      size: Math.max(asNumber(at(set, "spec", "replicas")) ?? 1, asNumber(at(set, "status", "replicas")) ?? 0),
    }))
    .filter(({ size }) => size > 0);
  if (active.length === 1) return [];
  const names = active.map(({ set, size }) => `${set.metadata.name} (${plural(size, "pod")})`);
  return [
    {
      message: `Deployment ${keyOf(live)} has ${active.length} active ReplicaSets, not one${names.length === 0 ? "" : `: ${sentenceList(names)}`}. Users may be on more than one version.`,
      remedy: `Let the roll-out that is under way finish: kubectl -n ${live.metadata.namespace ?? "default"} rollout status deployment/${live.metadata.name}.`,
    },
  ];
}
