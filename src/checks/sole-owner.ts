import type { KubeObject } from "../kube/port.ts";
import { defineCheck } from "./define.ts";
import { foundRoutes } from "./managed-routes.ts";
import { keyIn, sentenceList } from "./raw.ts";
import type { CheckWorld, RolloutFacts } from "./types.ts";

export const soleOwner = defineCheck(
  {
    id: "sole-owner",
    number: 42,
    title: "No older Rollout claims the same workload, Service or route.",
    severity: "fail",
    reason: "Two Rollouts would write weights, labels and sizes against each other; the older one keeps what it has.",
    remedy: "Delete one of the two Rollouts, or let it name another workload and other routes.",
  },
  olderClaims,
);

/** The older Rollouts that claim something which this one claims too, each in a sentence that names it. */
export function olderClaims({
  rollout,
  rollouts,
  virtualServices,
}: Pick<CheckWorld, "rollout" | "rollouts" | "virtualServices">): { message: string; remedy: string }[] {
  const ours = claims(rollout, virtualServices);
  return rollouts
    .filter((other) => other.uid !== rollout.uid && ageKey(other) < ageKey(rollout))
    .map((other) => ({ other, shared: [...claims(other, virtualServices)].filter((claim) => ours.has(claim)) }))
    .filter(({ shared }) => shared.length > 0)
    .map(({ other, shared }) => ({
      message: sentence(other, rollout, sentenceList(shared)),
      remedy: `Delete one of them: kubectl -n ${rollout.namespace} delete rollouts.sluice.dev ${rollout.name}, or let it name others.`,
    }));
}

function sentence(other: RolloutFacts, rollout: RolloutFacts, shared: string): string {
  const [theirs, ours] = [keyIn(other.namespace, other.name), keyIn(rollout.namespace, rollout.name)];
  // In files nothing has an age yet.
  if (rollout.creationTimestamp === "") return `Rollouts ${theirs} and ${ours} both claim ${shared}.`;
  return `Rollout ${theirs}, made ${other.creationTimestamp}, already has ${shared}, which Rollout ${ours} (${rollout.creationTimestamp}) claims too.`;
}

/** What a Rollout must have for itself, as people would name it. */
function claims(rollout: RolloutFacts, virtualServices: readonly KubeObject[]): Set<string> {
  return new Set([
    `Deployment ${keyIn(rollout.namespace, rollout.spec.workload.name)}`,
    `Service ${keyIn(rollout.namespace, rollout.spec.traffic.service ?? rollout.spec.workload.name)}`,
    ...foundRoutes(rollout, virtualServices).map(({ key, route }) => `VirtualService ${key} ${route.label}`),
  ]);
}

/** Every Rollout must come to the same answer about who is older, so equal times are told apart by uid. */
function ageKey(rollout: RolloutFacts): string {
  return `${rollout.creationTimestamp} ${rollout.uid}`;
}
