import type { ObjectiveVerdict } from "../analysis/types.ts";
import { isFinal, type Phase } from "../api/phase.ts";
import { runStatusSchema, type AsFound, type Command, type Plan, type RunSpec, type RunStatus } from "../api/run.ts";
import type { Labels, RunFacts } from "./facts.ts";
import { rfc3339 } from "./memory.ts";

export const NOW = Date.parse("2026-01-01T12:00:00Z");
export const MINUTE = 60_000;
export const SIZE = 4;

export const SELECTOR: Labels = { app: "checkout" };
export const LIVE_PODS: Labels = { app: "checkout", "pod-template-hash": "live" };
export const TWIN_PODS: Labels = { app: "checkout", "sluice.dev/run": "checkout-1" };

const promotion = { observeMs: MINUTE, approval: false, promotion: true };
export const PLAN: Plan = {
  steps: [
    { name: "first", weight: 10, observeMs: 5 * MINUTE, approval: false, promotion: false },
    { name: "third", weight: 30, observeMs: 5 * MINUTE, approval: true, promotion: false },
    { name: "all-50", weight: 50, ...promotion },
    { name: "all", weight: 100, ...promotion },
  ],
  keepPreviousMs: 10 * MINUTE,
  drainAfterMs: 30_000,
  unmanagedCallers: "Refuse",
  settleMs: 15_000,
  progressDeadlineMs: 10 * MINUTE,
  windows: [],
  analysis: {
    prometheus: "default",
    intervalMs: 10_000,
    minRequests: 100,
    onInconclusive: { holdMs: 15 * MINUTE, then: "Pause" },
    objectives: [{ name: "errors", kind: "errorRate", limitFraction: 0.02, onBreach: "Rollback" }],
  },
  notifications: [],
  origins: {},
};

export const SPEC: RunSpec = {
  rollout: "checkout",
  ordinal: 1,
  reason: "NewRevision",
  from: { track: "own", revision: "checkout-0", hash: "live", podLabels: LIVE_PODS, workload: "checkout" },
  to: { track: "twin", revision: "checkout-1", hash: "new", podLabels: TWIN_PODS, workload: "checkout-1" },
  plan: PLAN,
  pinned: {
    workload: { name: "checkout", uid: "u1" },
    service: { name: "checkout", port: 80 },
    sizeAtStart: SIZE,
    istio: {
      apiVersion: "networking.istio.io/v1",
      virtualServices: [{ namespace: "shop", name: "checkout", uid: "u2", routes: [] }],
      destinationRule: { namespace: "shop", name: "checkout" },
      subsets: { stable: "stable", canary: "canary" },
    },
  },
  commands: [],
};

export const AS_FOUND: AsFound = { routes: [], rule: { existed: true, stable: SELECTOR, canary: SELECTOR } };

/** What `factsOf` takes instead of what it would say by itself. */
export interface Given {
  nowMs?: number;
  spec?: Partial<RunSpec>;
  plan?: Partial<Plan>;
  status?: Partial<RunStatus>;
  commands?: readonly Command[];
  deleting?: boolean;
  suspend?: boolean;
  hold?: "policy" | "pause";
  own?: Partial<RunFacts["own"]>;
  twin?: Partial<RunFacts["twin"]>;
  previousTwin?: Partial<RunFacts["twin"]>;
  olderTwins?: RunFacts["olderTwins"];
  routing?: Partial<RunFacts["routing"]>;
  window?: RunFacts["window"];
  evidence?: Partial<RunFacts["evidence"]>;
  preflight?: RunFacts["preflight"];
  lateWritesForMs?: number;
}

interface Base {
  step: number;
  weight: number;
  stable: Labels;
  canary: Labels;
  fenced: boolean;
  twin: number;
}

const CARRIED: Base = { step: 0, weight: 10, stable: LIVE_PODS, canary: TWIN_PODS, fenced: true, twin: 1 };
const UNTOUCHED: Base = { step: 0, weight: 0, stable: SELECTOR, canary: SELECTOR, fenced: false, twin: 0 };
const SWAPPED: Base = { step: 3, weight: 100, stable: TWIN_PODS, canary: TWIN_PODS, fenced: true, twin: SIZE };

/** A run in the middle of each state: its work is not done yet, and nothing else happens. */
function baseOf(phase: Phase): Base {
  switch (phase) {
    case "Preflight":
      return UNTOUCHED;
    case "Waiting":
      return { ...CARRIED, step: 2, weight: 30, twin: 2 };
    case "Fencing":
      return { ...UNTOUCHED, fenced: true };
    case "Scaling":
    case "Shifting":
      return { ...CARRIED, step: 1 };
    case "SwappingLabels":
      return { ...CARRIED, step: 3, weight: 100, twin: SIZE };
    case "SwappingWeight":
    case "Keeping":
    case "Converging":
      return SWAPPED;
    case "Undoing":
      return { ...SWAPPED, stable: LIVE_PODS, canary: LIVE_PODS };
    case "Joining":
    case "Releasing":
      return { ...SWAPPED, stable: SELECTOR, canary: SELECTOR };
    case "Draining":
    case "Withdrawing":
      return { ...CARRIED, weight: 0 };
    default:
      return isFinal(phase) ? { ...UNTOUCHED, fenced: true } : CARRIED;
  }
}

const AT_ZERO: readonly Phase[] = ["SwappingWeight", "Keeping", "Converging", "Undoing", "Joining", "Releasing"];

export function statusOf(phase: Phase, given: Partial<RunStatus> = {}): RunStatus {
  const base = baseOf(phase);
  const progress = rfc3339(NOW + 9 * MINUTE);
  return {
    ...runStatusSchema.parse({}),
    phase,
    step: base.step,
    weightInForce: base.weight,
    since: rfc3339(NOW - MINUTE),
    startedAt: rfc3339(NOW - 10 * MINUTE),
    ...(base.fenced ? { asFound: AS_FOUND } : {}),
    ...(base.twin > 0 ? { evidenceSince: rfc3339(NOW - 8 * MINUTE) } : {}),
    ...(phase === "Observing" ? { appliedAt: rfc3339(NOW - MINUTE) } : {}),
    ...(phase === "Paused"
      ? { pause: { reason: "Command", message: "pause by ann", by: "ann", withdrawn: false } }
      : {}),
    deadlines: phase === "Keeping" ? { keep: rfc3339(NOW + 9 * MINUTE) } : phase === "Waiting" ? {} : { progress },
    ...given,
  };
}

export function verdictOf(
  verdict: ObjectiveVerdict["verdict"],
  more: Partial<ObjectiveVerdict> = {},
): ObjectiveVerdict {
  return { objective: "errors", verdict, onBreach: "Rollback", message: `errors: ${verdict}`, ...more };
}

export const OBSERVING_STILL = verdictOf("inconclusive", { missing: "time" });
export const BREACH = verdictOf("breach");
export const BREACH_PAUSE = verdictOf("breach", { onBreach: "Pause" });

/** The facts of a run in `phase`, in which nothing happens but what is given. */
export function factsOf(phase: Phase, given: Given = {}): RunFacts {
  const base = baseOf(phase);
  const status = statusOf(phase, given.status);
  const plan = { ...PLAN, ...given.plan };
  const spec = {
    ...SPEC,
    plan,
    ...given.spec,
    ...(given.commands === undefined ? {} : { commands: [...given.commands] }),
  };
  const weight = AT_ZERO.includes(phase) ? 0 : base.weight;
  const twin = { edited: false, replicas: base.twin, available: base.twin, pods: base.twin, podsLeaving: 0 };
  return {
    nowMs: given.nowMs ?? NOW,
    run: { name: "checkout-1", spec, status, deleting: false },
    rollout: { deleting: given.deleting ?? false, suspend: given.suspend ?? false },
    hold: given.hold ?? "policy",
    own: {
      template: "candidate",
      paused: true,
      pauseObserved: true,
      replicas: SIZE,
      liveAvailable: SIZE,
      vettedAvailable: SIZE,
      oneActive: true,
      strayPods: 0,
      unvettedPods: 0,
      onlyCandidate: false,
      rolledOut: false,
      liveLost: false,
      ...given.own,
    },
    twin: {
      exists: base.twin > 0,
      ...twin,
      full: phase !== "Scaling",
      availableForMs: MINUTE,
      leavingForMs: MINUTE,
      ...given.twin,
    },
    olderTwins: given.olderTwins ?? { exist: false, pods: 0 },
    previousTwin:
      given.previousTwin === undefined
        ? undefined
        : { exists: true, ...twin, full: true, availableForMs: MINUTE, leavingForMs: MINUTE, ...given.previousTwin },
    routing: {
      problems: [],
      form: base.fenced ? "split" : "plain",
      maxWeight: weight,
      minWeight: weight,
      stable: base.stable,
      canary: base.canary,
      routesRestored: false,
      ruleRestored: false,
      routesForMs: 0,
      labelsForMs: 0,
      withdrawMarked: false,
      lastWriter: "kubectl",
      ...given.routing,
    },
    floorRestored: true,
    selector: SELECTOR,
    asFoundNow: AS_FOUND,
    window: given.window ?? { kind: "open" },
    preflight: given.preflight,
    evidence: {
      epoch: status.epoch,
      looked: true,
      replayed: true,
      verdicts: [OBSERVING_STILL],
      split: "notYet",
      candidate: { kind: "busy", forMs: 0 },
      ...given.evidence,
    },
    lateWritesForMs: given.lateWritesForMs ?? 0,
    identity: "sluice-0",
  };
}

export function command(verb: Command["verb"], more: Partial<Command> = {}): Command {
  return { id: `${verb}-1`, verb, by: "ann", ...more };
}
