import type { Phase } from "../api/phase.ts";
import { formatPercent } from "../api/units.ts";
import type { ProgressEvent } from "./event.ts";
import type { Labels, RunFacts } from "./facts.ts";
import { msOf, type Memory } from "./memory.ts";
import { isLastStep, stepAt } from "./plan.ts";
import { podSharePercent } from "./size.ts";
import { windowHolds } from "./window-hold.ts";
import { isLiveLost, isPlain, labelsOf, ownHeld, sameLabels, twinTarget } from "./world.ts";

/** From the write of a weight until proxies have it, where nothing can be waited for any longer: istiod's own pause and its push. */
export const ROUTED_MS = 2_000;

type Progress = { type: ProgressEvent; message: string } | undefined;

/** Is the work of this state done? Gives the event that says so. */
export function progressOf(phase: Phase, memory: Memory, facts: RunFacts): Progress {
  switch (phase) {
    case "Preflight":
      if (facts.run.spec.reason === "Converge")
        return { type: "catchUp", message: "the Deployment's template is the live one again: it catches up" };
      return when(
        memory.pause === undefined &&
          facts.preflight !== undefined &&
          facts.preflight.every((finding) => finding.severity === "warn"),
        "checksPassed",
        `${checksMessage(facts.preflight ?? [])}${fastPath(facts)}`,
      );
    case "Waiting":
      return gate(memory, facts);
    case "Fencing":
      return when(fenced(phase, memory, facts), "fenced", "the stable subset is narrowed to the live pods");
    case "Scaling":
      return scaled(memory, facts);
    case "Shifting":
      return applied(memory, facts);
    case "Observing":
      return passed(memory, facts);
    case "SwappingLabels":
      return when(
        labelsSettled(phase, memory, facts),
        "labelsApplied",
        "the stable subset selects the candidate's pods",
      );
    case "SwappingWeight":
      return when(
        atZero(facts) && labelsSettled(phase, memory, facts),
        "weightApplied",
        "every user is on the new version, through the stable subset",
      );
    case "Keeping":
      return keepOver(memory, facts);
    case "Undoing":
      return undone(phase, memory, facts);
    case "Converging":
      return when(converged(memory, facts), "converged", "the Deployment runs the new version");
    case "Joining":
      return when(twinGone(facts) && restored(facts), "joined", "twin gone, routes as they were found");
    case "Releasing":
      return when(
        twinGone(facts) && previousGone(facts) && restored(facts),
        "released",
        "the Service's own pods carry every user; routes as they were found",
      );
    case "Withdrawing":
      return quiet(phase, memory, facts);
    case "Draining":
      return drained(phase, memory, facts);
    default:
      return undefined;
  }
}

function when(done: boolean, type: ProgressEvent, message: string): Progress {
  return done ? { type, message } : undefined;
}

function checksMessage(findings: NonNullable<RunFacts["preflight"]>): string {
  const warned = findings.map((finding) => `${finding.id}: ${finding.message}`);
  return warned.length === 0 ? "every check passed" : `no check failed; to know: ${warned.join("; ")}`;
}

function fastPath(facts: RunFacts): string {
  const { reason } = facts.run.spec;
  return reason === "FastPath" || reason === "Undo"
    ? "; users were on this version before, so it goes to 100 % at once, without the steps before"
    : "";
}

function gate(memory: Memory, facts: RunFacts): Progress {
  if (facts.rollout.suspend || windowHolds(memory, facts)) return undefined;
  const before = memory.step > 0 ? stepAt(facts.run.spec.plan, memory.step - 1) : undefined;
  const approved = before === undefined || !before.approval || memory.approved.includes(before.name);
  return when(approved, "gateOpen", "nothing stands in the way of the next step");
}

/** The labels that this state wants are there, and every proxy has had time to hear of it. */
export function labelsSettled(phase: Phase, memory: Memory, facts: RunFacts): boolean {
  const wanted = labelsOf(phase, memory, facts);
  if (wanted === undefined) return true;
  const { stable, canary, labelsForMs } = facts.routing;
  return (
    matches(stable, wanted.stable) && matches(canary, wanted.canary) && labelsForMs >= facts.run.spec.plan.settleMs
  );
}

/** Both subsets select what the Service does, and every proxy has had time to hear of it. */
export function widened({ routing, selector, run }: RunFacts): boolean {
  const { stable, canary, labelsForMs } = routing;
  return matches(stable, selector) && matches(canary, selector) && labelsForMs >= run.spec.plan.settleMs;
}

function matches(found: Labels | undefined, wanted: Labels): boolean {
  return found !== undefined && sameLabels(found, wanted);
}

function fenced(phase: Phase, memory: Memory, facts: RunFacts): boolean {
  const { form, routesForMs } = facts.routing;
  return (
    facts.run.status.asFound !== undefined &&
    labelsSettled(phase, memory, facts) &&
    form === "split" &&
    routesForMs >= facts.run.spec.plan.settleMs
  );
}

function scaled(memory: Memory, facts: RunFacts): Progress {
  if (facts.rollout.suspend) return undefined;
  const target = twinTarget(memory, facts);
  const { twin } = facts;
  // A route may reach a proxy before the first pod does: the subset would be empty there.
  const isKnown = memory.weightInForce > 0 || twin.availableForMs >= facts.run.spec.plan.settleMs;
  return when(
    twin.exists && !twin.edited && twin.full && twin.available >= target && isKnown,
    "scaled",
    `${twin.available} ${twin.available === 1 ? "pod of the candidate is" : "pods of the candidate are"} ready${pastTheMesh(facts)}`,
  );
}

function applied(memory: Memory, facts: RunFacts): Progress {
  const { weight } = stepAt(facts.run.spec.plan, memory.step);
  const { maxWeight, minWeight, form, routesForMs } = facts.routing;
  if (form !== "split" || maxWeight !== weight || minWeight !== weight) return undefined;
  const { split } = facts.evidence;
  const settled = routesForMs >= facts.run.spec.plan.settleMs;
  if (split === "applied")
    return {
      type: "applied",
      message: `${formatPercent(weight)} is in force: the candidate's share of requests agrees${pastTheMesh(facts)}`,
    };
  if (split === "tooFew" && settled) {
    return {
      type: "applied",
      message: `${formatPercent(weight)} is taken to be in force after the settle time: too few requests to tell by${pastTheMesh(facts)}`,
    };
  }
  return undefined;
}

/** Whoever accepted such callers is told with each step what they meet: mostly the larger number. */
function pastTheMesh({ run, twin, own, previousTwin }: RunFacts): string {
  if (run.spec.plan.unmanagedCallers !== "Accept") return "";
  const live = run.spec.from.track === "twin" ? (previousTwin?.available ?? 0) + own.replicas : own.liveAvailable;
  const share = Number(podSharePercent(twin.available, live).toFixed(1));
  return `; callers past the managed routes meet it by pods, ${twin.available} of ${twin.available + live}: ${formatPercent(share)}`;
}

function passed(memory: Memory, facts: RunFacts): Progress {
  const { verdicts, epoch, looked } = facts.evidence;
  if (facts.rollout.suspend || !looked || epoch !== memory.epoch || verdicts.length === 0) return undefined;
  if (!verdicts.every((verdict) => verdict.verdict === "pass")) return undefined;
  const { plan } = facts.run.spec;
  const message = `step ${stepAt(plan, memory.step).name} passed: ${verdicts.map((verdict) => verdict.message).join("; ")}`;
  return { type: isLastStep(plan, memory.step) ? "lastStepPassed" : "stepPassed", message };
}

function keepOver(memory: Memory, facts: RunFacts): Progress {
  const untilMs = msOf(memory.deadlines.keep);
  return when(
    // The time goes on while there is no controller, and with the old pods goes the way back: one look first.
    untilMs !== undefined && facts.nowMs >= untilMs && facts.evidence.looked,
    "keepOver",
    "the old pods were kept for as long as asked",
  );
}

function atZero(facts: RunFacts): boolean {
  return facts.routing.maxWeight === 0 && facts.routing.routesForMs >= facts.run.spec.plan.settleMs;
}

function converged(memory: Memory, facts: RunFacts): boolean {
  if (memory.stalled?.reason === "ConvergeBreached") return false;
  const { own } = facts;
  // Joining opens `stable` to all of the Service's pods: an earlier run's, of another revision, must not be among them.
  return previousGone(facts) && own.template === "candidate" && own.rolledOut && own.replicas > 0 && ownHeld(facts);
}

/** Nothing is left of the twin that users were on when the run began, nor of any before it. */
export function previousGone({ previousTwin, olderTwins }: RunFacts): boolean {
  if (olderTwins.exist || olderTwins.pods > 0) return false;
  return previousTwin === undefined || (!previousTwin.exists && previousTwin.pods === 0);
}

export function twinGone(facts: RunFacts): boolean {
  return !facts.twin.exists && facts.twin.pods === 0;
}

/**
 * Routes, then the rule, and the autoscaler's floor, as they were before the run; nothing to do when the run never touched them. Once the
 * run has ended nobody would take back a route that is split late, or a twin that is made.
 */
function restored(facts: RunFacts): boolean {
  const { routing, run } = facts;
  if (run.status.asFound === undefined) return true;
  return (
    facts.lateWritesForMs === 0 &&
    facts.floorRestored &&
    routing.routesRestored &&
    routing.ruleRestored &&
    routing.routesForMs >= run.spec.plan.settleMs
  );
}

/** Of a Deployment that is gone no pod comes back: what is left of the run is taken away. */
function undone(phase: Phase, memory: Memory, facts: RunFacts): Progress {
  if (facts.own.template === "gone" && facts.run.spec.from.track === "own")
    return { type: "oldServing", message: "the Deployment is gone: there are no old pods to wait for" };
  const done = atZero(facts) && labelsSettled(phase, memory, facts);
  return when(done, "oldServing", "the old pods carry every user again");
}

/** No route leads to the candidate any more, as far as can be waited for. */
function isUnrouted({ routing, run }: RunFacts): boolean {
  return routing.maxWeight === 0 && routing.routesForMs >= Math.min(run.spec.plan.settleMs, ROUTED_MS);
}

function quiet(phase: Phase, memory: Memory, facts: RunFacts): Progress {
  const { settleMs } = facts.run.spec.plan;
  const { routing, evidence } = facts;
  const untouched = isPlain(facts) || facts.run.status.asFound === undefined || memory.evidenceSince === undefined;
  if (routing.maxWeight > 0) return undefined;
  if (untouched) return { type: "quiet", message: "no user ever met the candidate" };
  if (!facts.twin.exists && facts.twin.pods === 0) return { type: "quiet", message: "the candidate's pods are gone" };
  // Its pods are among what the Service selects, and that is where users have to stay until it is gone.
  if (isLiveLost(facts))
    return when(
      labelsSettled(phase, memory, facts),
      "quiet",
      "no route leads to the candidate by its own name; its pods go from among the Service's",
    );
  // Callers that no route sends are never quiet: only the end of its pods takes the candidate from them.
  if (facts.run.spec.plan.unmanagedCallers === "Accept" && isUnrouted(facts))
    return {
      type: "quiet",
      message: "no route leads to the candidate; its pods go, since callers past the routes meet them",
    };
  // Labels that are rewritten again and again are never settled, and lead to the candidate while its pods are there (machine rule 1).
  if (memory.end?.reason === "RouteContended" && isUnrouted(facts))
    return { type: "quiet", message: "no route leads to the candidate; its pods go, since rewritten labels may" };
  // By this process's own time too: after a step of the wall clock a reading may be about a time before the weight was written.
  if (!labelsSettled(phase, memory, facts) || routing.routesForMs < settleMs) return undefined;
  if (evidence.candidate.kind === "quiet" && evidence.candidate.forMs >= settleMs) {
    return { type: "quiet", message: "no request reaches the candidate any more" };
  }
  return when(
    evidence.candidate.kind === "blind",
    "quiet",
    "weight 0 was read for the settle time; there is no reading to confirm it by",
  );
}

function drained(phase: Phase, memory: Memory, facts: RunFacts): Progress {
  if (!drainedOfPods(memory, facts)) return undefined;
  const { spec, status } = facts.run;
  const done =
    status.asFound === undefined ||
    (spec.from.track === "twin" ? facts.floorRestored && labelsSettled(phase, memory, facts) : restored(facts));
  return when(done, "drained", "the candidate's pods are gone, routes as they were found");
}

/** No pod of the candidate is left, or every one is on its way out and has had its time. */
export function drainedOfPods(memory: Memory, facts: RunFacts): boolean {
  const { exists, pods, podsLeaving, leavingForMs } = facts.twin;
  // A route without subsets would still lead to pods that proxies have not yet heard the end of.
  if (exists || leavingForMs < facts.run.spec.plan.settleMs) return false;
  const dueMs = msOf(memory.deadlines.progress);
  return pods === 0 || (podsLeaving === pods && dueMs !== undefined && facts.nowMs >= dueMs);
}
