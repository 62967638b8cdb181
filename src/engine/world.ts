import type { Phase } from "../api/phase.ts";
import type { Labels, RunFacts } from "./facts.ts";
import type { Memory } from "./memory.ts";
import { stepAt } from "./plan.ts";
import { twinReplicas } from "./size.ts";

/** The first pass that wants labels also has to know that narrowing is safe; what each state makes true is MACHINE.md's first table. */
export interface SubsetLabels {
  stable: Labels;
  canary: Labels;
}

export function sameLabels(a: Labels, b: Labels): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

export function ownSize(facts: RunFacts): number {
  return Math.max(1, facts.own.replicas);
}

/** Pods that the candidate needs for the step at hand; whole, and following load, at 100. */
export function twinTarget(memory: Memory, facts: RunFacts): number {
  const { plan, pinned } = facts.run.spec;
  const { weight } = stepAt(plan, memory.step);
  const size = weight === 100 ? Math.max(pinned.sizeAtStart, facts.own.replicas) : pinned.sizeAtStart;
  return twinReplicas(weight, size, facts.twin.exists ? facts.twin.replicas : 0);
}

/** What the two subsets should select in this state; undefined where they are left as they are. */
export function labelsOf(phase: Phase, _memory: Memory, facts: RunFacts): SubsetLabels | undefined {
  const { from, to } = facts.run.spec;
  const fencedOnce = facts.run.status.asFound !== undefined;
  switch (phase) {
    case "Fencing":
      return { stable: from.podLabels, canary: to.podLabels };
    case "Waiting":
    case "Scaling":
    case "Shifting":
    case "Observing":
    case "Paused":
      return fencedOnce ? { stable: from.podLabels, canary: to.podLabels } : undefined;
    case "SwappingLabels":
    case "SwappingWeight":
    case "Keeping":
    case "Converging":
      return { stable: to.podLabels, canary: to.podLabels };
    case "Undoing":
      return { stable: from.podLabels, canary: from.podLabels };
    case "Joining":
    case "Releasing":
      return { stable: facts.selector, canary: facts.selector };
    case "Withdrawing":
      return fencedOnce && facts.routing.form !== "plain"
        ? { stable: from.podLabels, canary: to.podLabels }
        : undefined;
    case "Draining":
      return fencedOnce && from.track === "twin" ? { stable: from.podLabels, canary: from.podLabels } : undefined;
    default:
      return undefined;
  }
}
