import type { Phase } from "../api/phase.ts";
import type { Labels, RunFacts } from "./facts.ts";
import { HELD_AT_LIVE } from "./hold-broken.ts";
import { msOf, type Memory } from "./memory.ts";
import { stepAt } from "./plan.ts";
import { twinReplicas } from "./size.ts";

/** The first pass that wants labels also has to know that narrowing is safe; what each state makes true: docs/concepts.md. */
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

/** No route names the subsets. A route in a form that is not managed may well do so: it is not plain. */
export function isPlain({ routing }: RunFacts): boolean {
  return routing.form === "plain" && routing.problems.every((problem) => problem.kind === "missing");
}

/** Enough live pods to carry every user by themselves: the condition for narrowing onto them. */
export function liveAtSize(facts: RunFacts): boolean {
  if (facts.run.spec.from.track === "twin") return facts.previousTwin?.full === true;
  return facts.own.strayPods === 0 && facts.own.liveAvailable >= ownSize(facts);
}

/** Of the old pods this share, or any at all once the deadline is past, is enough to take users off a version that hurts them. */
const ENOUGH_TO_RETURN = 0.75;

/** Going back waits for no last pod: one that is not ready must not keep every user on a version that is being undone (invariant 1). */
export function mayReturn(memory: Memory, facts: RunFacts): boolean {
  if (liveAtSize(facts)) return true;
  const { from, pinned } = facts.run.spec;
  const available = from.track === "twin" ? (facts.previousTwin?.available ?? 0) : facts.own.liveAvailable;
  const dueMs = msOf(memory.deadlines.progress);
  const late = dueMs !== undefined && facts.nowMs >= dueMs;
  return available >= Math.max(1, late ? 1 : Math.ceil(pinned.sizeAtStart * ENOUGH_TO_RETURN));
}

/** The twin at the size of the whole workload: what carries every user. */
export function wholeTwin(facts: RunFacts): number {
  return twinReplicas(100, Math.max(facts.run.spec.pinned.sizeAtStart, facts.own.replicas), facts.twin.replicas);
}

export function twinWhole(facts: RunFacts): boolean {
  return facts.twin.exists && facts.twin.full && facts.twin.available >= wholeTwin(facts);
}

/** No template that is written now makes pods in the own Deployment: which of them there are is known for good. */
export function ownHeld({ own, hold }: RunFacts): boolean {
  return own.template === "gone" || hold === "policy" || (own.paused && own.pauseObserved);
}

export function joinBreached(memory: Memory): boolean {
  return memory.stalled?.reason === "JoinBreached";
}

/** While users are on the twin alone and it has no pod for them, vetted own pods serve as well (see CandidateLost in docs/troubleshooting.md). */
export function ownStandsIn(facts: RunFacts): boolean {
  const lost = !facts.twin.exists || facts.twin.available === 0;
  return lost && facts.own.unvettedPods === 0 && facts.own.vettedAvailable > 0;
}

/**
 * A rule that somebody took away leaves a split route without a subset to go to. Where it is too early to narrow, and no twin is there to
 * be met by it, both subsets get what the Service selects.
 */
export function instead(facts: RunFacts): SubsetLabels | undefined {
  const { form, stable, canary } = facts.routing;
  const isLost = form !== "plain" && (stable === undefined || canary === undefined);
  return isLost && facts.run.status.asFound !== undefined && !facts.twin.exists
    ? { stable: facts.selector, canary: facts.selector }
    : undefined;
}

/**
 * The same in a run that may not narrow (again) yet: labels that a foreign hand gave to a subset with users may select no pod at all, and
 * they wait for no live pod that is not ready.
 */
export function insteadInRun(facts: RunFacts): SubsetLabels | undefined {
  const { form, stable } = facts.routing;
  const { from } = facts.run.spec;
  const found = facts.run.status.asFound;
  if (form === "plain" || stable === undefined || found === undefined || facts.twin.exists) return instead(facts);
  const known = [facts.selector, from.podLabels, found.rule.stable ?? facts.selector];
  if (known.some((labels) => sameLabels(stable, labels))) return instead(facts);
  const labels = from.track === "twin" ? from.podLabels : facts.selector;
  return { stable: labels, canary: labels };
}

/**
 * Proxies may still go by a weight of the canary subset, whose labels change while there is no twin to have users: 0 means applied, not
 * written (invariant 6).
 */
export function mayBeCarrying({ routing, run, twin }: RunFacts): boolean {
  const { form, maxWeight, routesForMs } = routing;
  return !twin.exists && form !== "plain" && (maxWeight > 0 || routesForMs < run.spec.plan.settleMs);
}

/** While these last, the old pods carry the users that the candidate does not; undoing waits for them instead. */
const LED_TO_LIVE: readonly Phase[] = HELD_AT_LIVE.filter((phase) => phase !== "Preflight" && phase !== "Undoing");

/**
 * No pod is left of the version that users were on, and the user's Deployment runs another: somebody broke the hold while no controller was
 * there to see it. The deployment controller undoes any scaling from then on (machine rule 2).
 */
export function isLiveLost({ own, run }: RunFacts): boolean {
  return run.spec.from.track === "own" && own.liveLost;
}

/** A write that comes late may turn `stable` to the candidate, of which no pod is left, or give `canary` a weight. */
function leftToLive({ own, run, selector }: RunFacts): SubsetLabels {
  const labels = own.liveAvailable > 0 ? run.spec.from.podLabels : selector;
  return { stable: labels, canary: labels };
}

/** What the two subsets should select in this state; undefined where they are left as they are. */
export function labelsOf(phase: Phase, memory: Memory, facts: RunFacts): SubsetLabels | undefined {
  const { from, to } = facts.run.spec;
  const fencedOnce = facts.run.status.asFound !== undefined;
  // A subset of no pod fails everybody whom it carries; what the Service selects is all that there is.
  if (fencedOnce && facts.routing.form !== "plain" && LED_TO_LIVE.includes(phase) && isLiveLost(facts))
    return { stable: facts.selector, canary: facts.selector };
  switch (phase) {
    case "Fencing":
      return { stable: from.podLabels, canary: to.podLabels };
    case "Waiting":
    case "Paused":
      return fencedOnce && (facts.twin.exists || (liveAtSize(facts) && !mayBeCarrying(facts)))
        ? { stable: from.podLabels, canary: to.podLabels }
        : insteadInRun(facts);
    case "Scaling":
    case "Shifting":
    case "Observing":
      return fencedOnce ? { stable: from.podLabels, canary: to.podLabels } : undefined;
    case "SwappingLabels":
    case "SwappingWeight":
    case "Keeping":
      return { stable: to.podLabels, canary: to.podLabels };
    case "Converging":
      return ownStandsIn(facts)
        ? { stable: facts.selector, canary: facts.selector }
        : { stable: to.podLabels, canary: to.podLabels };
    case "Undoing":
      return { stable: from.podLabels, canary: from.podLabels };
    case "Joining":
      return joinBreached(memory) && twinWhole(facts)
        ? { stable: to.podLabels, canary: to.podLabels }
        : { stable: facts.selector, canary: facts.selector };
    case "Releasing":
      return { stable: facts.selector, canary: facts.selector };
    case "Withdrawing":
      return fencedOnce &&
        facts.routing.form !== "plain" &&
        (facts.twin.exists || (liveAtSize(facts) && !mayBeCarrying(facts)))
        ? { stable: from.podLabels, canary: to.podLabels }
        : undefined;
    case "Draining":
      if (!fencedOnce) return undefined;
      if (from.track === "twin") return { stable: from.podLabels, canary: from.podLabels };
      if (facts.routing.form === "plain") return undefined;
      if (facts.twin.exists || facts.twin.pods > 0) return { stable: from.podLabels, canary: to.podLabels };
      return facts.lateWritesForMs === 0 ? instead(facts) : leftToLive(facts);
    default:
      return undefined;
  }
}
