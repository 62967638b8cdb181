import type { RunSpec } from "../api/run.ts";
import type { OwnFacts, TemplateIs } from "../engine/facts.ts";
import type { KubeObject } from "../kube/port.ts";
import { resumedBy } from "../workload/hold.ts";
import type { OwnReplicaSet, OwnState } from "../workload/own.ts";

/** What is decided by of the user's Deployment and its pods; `state` undefined: it is gone. */
export function ownFacts(
  own: KubeObject | undefined,
  state: OwnState | undefined,
  template: TemplateIs,
  spec: RunSpec,
  unvetted: readonly OwnReplicaSet[],
): OwnFacts {
  if (state === undefined) {
    return {
      onlyCandidate: false,
      template: "gone",
      paused: false,
      pauseObserved: false,
      replicas: 0,
      liveAvailable: 0,
      vettedAvailable: 0,
      oneActive: false,
      strayPods: 0,
      unvettedPods: 0,
      rolledOut: false,
      liveLost: false,
    };
  }
  const strays = state.replicaSets.filter((set) => set.revision === "other");
  const vetted = state.replicaSets.filter((set) => !unvetted.includes(set));
  const podsOf = (sets: readonly OwnReplicaSet[]) => sets.reduce((sum, set) => sum + set.replicas, 0);
  return {
    template,
    paused: state.paused,
    ...(state.paused || own === undefined
      ? {}
      : { open: { generation: own.metadata.generation ?? 0, by: resumedBy(own) } }),
    pauseObserved: state.pauseObserved,
    replicas: state.specReplicas,
    liveAvailable: state.liveAvailable,
    vettedAvailable: vetted.reduce((sum, set) => sum + set.available, 0),
    oneActive: state.activeCount === 1,
    strayPods: podsOf(strays),
    unvettedPods: podsOf(unvetted),
    onlyCandidate: isOnlyCandidate(state, spec),
    rolledOut: state.rolledOut,
    liveLost: isLiveLost(state),
  };
}

function isOnlyCandidate(state: OwnState, spec: RunSpec): boolean {
  const active = state.replicaSets.filter((set) => set.specReplicas > 0 || set.replicas > 0);
  const wanted = spec.from.hash === spec.to.hash ? "live" : "candidate";
  return active.length === 1 && active.every((set) => set.revision === wanted && set.available >= state.specReplicas);
}

function isLiveLost({ specReplicas, liveReplicaSet: live, replicaSets }: OwnState): boolean {
  const isGone = live === undefined || (live.specReplicas === 0 && live.replicas === 0);
  return specReplicas > 0 && isGone && replicaSets.some((set) => set.revision !== "live" && set.available > 0);
}
