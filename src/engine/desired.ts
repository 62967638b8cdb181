import type { Phase } from "../api/phase.ts";
import type { RunFacts } from "./facts.ts";
import { HELD, HELD_AT_LIVE } from "./hold-broken.ts";
import { msOf, type Memory } from "./memory.ts";
import { stepAt } from "./plan.ts";
import { drainedOfPods, labelsSettled, previousGone, twinGone, widened } from "./progress.ts";
import {
  instead,
  insteadInRun,
  isPlain,
  joinBreached,
  labelsOf,
  liveAtSize,
  mayBeCarrying,
  mayReturn,
  ownHeld,
  ownSize,
  ownStandsIn,
  twinTarget,
  wholeTwin,
  type SubsetLabels,
} from "./world.ts";
import { mayReshift } from "./reshift.ts";
import { twinReplicas } from "./size.ts";

/** The world as this state wants it. What is absent is left alone. Everything in it may be written again at any time. */
export interface Desired {
  /** Written first, in every pass, whatever else fails: no route gives the candidate more. */
  atMost: number;
  /** The lowering is a withdrawal and says so in its field manager (machine rule 8). */
  withdraw: boolean;
  /** Labels of the two subsets. */
  labels?: SubsetLabels;
  /** Routes in split form with this weight for the canary subset. */
  weight?: number;
  /** Put back what was found: the routes, and once they are settled the rule. */
  restore?: "routes" | "rule";
  /** The candidate's Deployment. */
  twin?: { replicas: number } | "gone";
  /** The twin that an earlier run left users on: made again when somebody deletes it, and brought up to so many pods. */
  previousTwin?: { atLeast: number } | "gone";
  /** Those of runs before that. */
  olderTwins?: "gone";
  own: "leave" | "pause" | "release";
  /**
   * Pods of the own Deployment that came through a broken hold, or before it was paused, are taken away (machine rule 2): all that are
   * not of the live revision, or those that no run has vetted.
   */
  strays: "leave" | "notLive" | "unvetted";
  /** The autoscaler may not go below the size at the start. */
  floor: "leave" | "raise" | "restore";
}

export function desiredOf(phase: Phase, memory: Memory, facts: RunFacts): Desired {
  return { ...keptPreviousTwin(phase, facts), ...inState(phase, memory, facts) };
}

function inState(phase: Phase, memory: Memory, facts: RunFacts): Desired {
  const strays = HELD_AT_LIVE.includes(phase) ? "notLive" : "leave";
  const held: Desired = { atMost: 0, withdraw: false, own: "pause", strays, floor: "leave" };
  const labels = labelsOf(phase, memory, facts);
  const weighted = {
    ...held,
    ...(labels === undefined ? {} : { labels }),
    atMost: memory.weightInForce,
    floor: "raise" as const,
  };
  switch (phase) {
    case "Preflight":
      return { ...held, atMost: 100 };
    case "Waiting":
    case "Paused":
      // Before the fence the routes are the user's own still.
      if (facts.run.status.asFound === undefined) return { ...held, atMost: 100 };
      return { ...weighted, ...keptTwin(memory, facts) };
    case "Fencing":
      return fencing(memory, facts, held);
    case "Scaling":
      return { ...weighted, twin: { replicas: twinTarget(memory, facts) } };
    case "Shifting":
    case "Observing":
      return { ...weighted, ...keptTwin(memory, facts), ...rising(phase, memory, facts) };
    case "SwappingLabels":
      return { ...weighted, atMost: 100, ...keptTwin(memory, facts) };
    case "SwappingWeight":
    case "Keeping":
      return { ...weighted, atMost: 100, weight: 0, ...keptTwin(memory, facts) };
    case "Converging":
      return { ...weighted, atMost: 100, weight: 0, ...converging(memory, facts) };
    case "Joining":
      // Held by its pause, or just given a template that nobody vetted: either way it may not roll.
      return {
        ...held,
        atMost: 100,
        own: facts.hold === "pause" || facts.own.template === "other" ? "pause" : "leave",
        strays: "unvetted",
        floor: "raise",
        ...handOver(phase, memory, facts),
      };
    case "Releasing":
      return {
        ...held,
        atMost: 100,
        own: ownReleasing(memory, facts),
        strays: "unvetted",
        floor: "raise",
        ...releasing(phase, memory, facts),
      };
    case "Undoing":
      return undoing(memory, facts, held);
    case "Withdrawing":
      return withdrawing(facts, held, labels);
    case "Draining":
      return draining(memory, facts, held, labels);
    default:
      return { ...held, atMost: 100, own: "leave" };
  }
}

/** For a Rollout that is deleted nothing is made. */
function keptPreviousTwin(phase: Phase, facts: RunFacts): Partial<Desired> {
  const { spec } = facts.run;
  if (facts.previousTwin === undefined || facts.rollout.deleting || !HELD.includes(phase)) return {};
  return { previousTwin: { atLeast: Math.max(spec.pinned.sizeAtStart, ownSize(facts)) } };
}

/** Labels first; the routes follow once every proxy knows the subsets. */
function fencing(memory: Memory, facts: RunFacts, held: Desired): Desired {
  const labels = labelsOf("Fencing", memory, facts);
  // With the twin there, stable was narrowed before: then it is corrected always (machine rule 1).
  const mayNarrow = facts.twin.exists || liveAtSize(facts);
  if (labels === undefined) return { ...held, atMost: memory.weightInForce };
  if (!mayNarrow || mayBeCarrying(facts)) {
    const lost = insteadInRun(facts);
    return { ...held, atMost: memory.weightInForce, ...(lost === undefined ? {} : { labels: lost }) };
  }
  const settled = labelsSettled("Fencing", memory, facts);
  const right = settled || facts.routing.labelsForMs < facts.run.spec.plan.settleMs;
  const common: Desired = { ...held, labels, floor: "raise", atMost: right ? memory.weightInForce : 0 };
  return settled && facts.routing.form !== "split" ? { ...common, weight: 0 } : common;
}

function rising(phase: Phase, memory: Memory, facts: RunFacts): Partial<Desired> {
  const { weight } = stepAt(facts.run.spec.plan, memory.step);
  if (phase === "Observing") return { atMost: weight };
  // Rule 7: after a start nothing rises before the evidence was replayed.
  const { replayed, lastReadingMs } = facts.evidence;
  const blind = !replayed || !mayReshift(memory.reshifts, lastReadingMs);
  if (facts.rollout.suspend || blind) return {};
  return { atMost: Math.max(weight, memory.weightInForce), weight };
}

/** A twin that carries users is kept at the size for them; one that does not is left as it is. */
function keptTwin(memory: Memory, facts: RunFacts): Partial<Desired> {
  if (!facts.twin.exists || memory.weightInForce === 0) return {};
  const { sizeAtStart } = facts.run.spec.pinned;
  const size = memory.weightInForce === 100 ? Math.max(sizeAtStart, facts.own.replicas) : sizeAtStart;
  return { twin: { replicas: twinReplicas(memory.weightInForce, size, facts.twin.replicas) } };
}

function converging(memory: Memory, facts: RunFacts): Partial<Desired> {
  const { own, hold, run } = facts;
  const previous =
    run.spec.from.track === "twin" && run.spec.from.workload !== run.spec.to.workload
      ? { previousTwin: "gone" as const }
      : {};
  const common = { ...previous, olderTwins: "gone" as const, twin: { replicas: wholeTwin(facts) } };
  const stays = memory.stalled?.reason === "ConvergeBreached" || ownStandsIn(facts);
  if (own.template !== "candidate" || stays) return { own: "pause", ...common };
  return { own: own.onlyCandidate && hold === "pause" ? "pause" : "release", ...common };
}

/** Joining: both run one revision. The Service's own selector first, then the twin goes by quarters, then routes and rule. */
function handOver(phase: Phase, memory: Memory, facts: RunFacts): Partial<Desired> {
  if (twinGone(facts)) return restoring(facts);
  const labels = labelsOf(phase, memory, facts);
  const both: Partial<Desired> = { ...(labels === undefined ? {} : { labels }), weight: 0 };
  if (joinBreached(memory)) return { ...both, twin: { replicas: wholeTwin(facts) } };
  if (!labelsSettled(phase, memory, facts)) return both;
  return { ...both, twin: shrunk(facts) };
}

/** Of a Deployment that is gone no more pods come, and those that it left behind may serve; one that was made again has to have its own. */
function ownStands(facts: RunFacts): boolean {
  if (facts.own.template === "gone") return facts.own.successor !== "partly";
  return facts.own.vettedAvailable >= ownSize(facts);
}

function shrunk(facts: RunFacts): { replicas: number } | "gone" {
  const { twin } = facts;
  if (!twin.exists || twin.replicas === 0) return "gone";
  const steady = twin.pods === twin.replicas && ownStands(facts);
  const quarter = Math.max(1, Math.ceil(facts.run.spec.pinned.sizeAtStart / 4));
  return { replicas: steady ? Math.max(0, twin.replicas - quarter) : twin.replicas };
}

function restoring(facts: RunFacts): Partial<Desired> {
  if (facts.run.status.asFound === undefined) return {};
  // What is back already stays so; a route that is split still leads to the Service's own pods until then.
  if (facts.lateWritesForMs > 0)
    return facts.routing.form === "plain" ? {} : { labels: { stable: facts.selector, canary: facts.selector } };
  const { routesRestored, routesForMs } = facts.routing;
  const settled = routesRestored && routesForMs >= facts.run.spec.plan.settleMs;
  return { restore: settled ? "rule" : "routes", floor: "restore" };
}

/** A Deployment that was rolling to the vetted template already, as in Converging, may finish that for as long as a run waits. */
function ownReleasing(memory: Memory, { own, hold, nowMs }: RunFacts): Desired["own"] {
  if (own.template === "other") return "pause";
  // Its pods are all of a template that is not vetted: no scaling takes them away, rolling to the one that is does (machine rule 2).
  if (own.template === "candidate" && own.unvettedPods > 0 && own.vettedAvailable === 0) return "release";
  if (hold === "policy") return "leave";
  const dueMs = msOf(memory.deadlines.progress);
  const mayRoll = own.template === "candidate" && !own.onlyCandidate && (dueMs === undefined || nowMs < dueMs);
  return mayRoll ? "leave" : "pause";
}

function releasing(phase: Phase, memory: Memory, facts: RunFacts): Partial<Desired> {
  if (twinGone(facts) && previousGone(facts)) return restoring(facts);
  const { own } = facts;
  // Where only a pause holds it, the next template would roll in among the pods that \`stable\` is opened to.
  if (!ownHeld(facts) || own.unvettedPods > 0 || !ownStands(facts)) return {};
  const labels = labelsOf(phase, memory, facts);
  const settled = labelsSettled(phase, memory, facts);
  return {
    ...(labels === undefined ? {} : { labels }),
    weight: 0,
    ...(settled ? { twin: "gone" as const, previousTwin: "gone" as const, olderTwins: "gone" as const } : {}),
  };
}

function undoing(memory: Memory, facts: RunFacts, held: Desired): Desired {
  // Users are on the twin until the labels are written.
  const whole = facts.twin.exists ? { twin: { replicas: wholeTwin(facts) } } : {};
  const kept: Desired = { ...held, atMost: 100, floor: "raise", ...whole };
  const labels = labelsOf("Undoing", memory, facts);
  return labels === undefined || !mayReturn(memory, facts) ? kept : { ...kept, labels, weight: 0 };
}

function withdrawing(facts: RunFacts, held: Desired, labels: SubsetLabels | undefined): Desired {
  const unrouted = isPlain(facts) && facts.twin.exists;
  return {
    ...held,
    withdraw: true,
    floor: "raise",
    ...(labels === undefined ? {} : { labels }),
    ...(unrouted ? { twin: "gone" as const } : {}),
  };
}

function draining(memory: Memory, facts: RunFacts, held: Desired, labels: SubsetLabels | undefined): Desired {
  const kept = { ...held, ...(labels === undefined ? {} : { labels }) };
  const going: Desired = { ...kept, withdraw: true, twin: "gone", floor: "raise" };
  if (!drainedOfPods(memory, facts)) return going;
  // Users rest on that twin: a route that is split late leads to it, and a twin that is made late is taken away at rest.
  if (facts.run.spec.from.track === "twin") return { ...kept, floor: "restore" };
  if (facts.lateWritesForMs > 0) return going;
  const resting = restingWeight(facts);
  // A weight that Git rests with may not come back to the gone candidate's subset: that would have no pod.
  if (resting > 0 && !facts.routing.routesRestored && !widened(facts))
    return { ...held, floor: "raise", labels: { stable: facts.selector, canary: facts.selector } };
  const lost = instead(facts);
  return { ...held, atMost: resting, ...(lost === undefined ? {} : { labels: lost }), ...restoring(facts) };
}

/** What the routes, as they were found, give the subset `canary` while nothing is vetted. */
function restingWeight({ run }: RunFacts): number {
  return Math.max(0, ...(run.status.asFound?.routes ?? []).map((route) => route.weight));
}
