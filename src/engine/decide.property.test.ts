import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PHASES, STATES, VERBS, isFinal, type Phase } from "../api/phase.ts";
import type { RunStatus } from "../api/run.ts";
import { decide } from "./decide.ts";
import {
  BREACH,
  BREACH_PAUSE,
  LIVE_PODS,
  MINUTE,
  NOW,
  OBSERVING_STILL,
  PLAN,
  SELECTOR,
  SIZE,
  TWIN_PODS,
  factsOf,
  statusOf,
  verdictOf,
  type Given,
} from "./facts.test-helper.ts";
import { stepAt } from "./plan.ts";
import { sameLabels } from "./world.ts";
import { newWorld, tick, type World } from "./world.test-helper.ts";

const BEFORE_SWAP: readonly Phase[] = ["Waiting", "Fencing", "Scaling", "Shifting", "Observing", "Paused"];
const GOING_DOWN: readonly Phase[] = ["Withdrawing", "Draining", "Undoing"];

const percent = fc.constantFrom(0, 1, 10, 30, 50, 100);
const pods = fc.integer({ min: 0, max: SIZE });
const labels = fc.constantFrom(SELECTOR, LIVE_PODS, TWIN_PODS, undefined);
const span = fc.constantFrom(0, 14_999, 15_000, 10 * MINUTE);
const rarely = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);

const own = fc.record({
  template: fc.constantFrom("candidate", "candidate", "candidate", "candidate", "live", "other", "gone"),
  paused: fc.boolean(),
  pauseObserved: fc.boolean(),
  liveAvailable: pods,
  vettedAvailable: pods,
  strayPods: fc.constantFrom(0, 0, 0, 1),
  unvettedPods: fc.constantFrom(0, 0, 0, 1),
  onlyCandidate: fc.boolean(),
  rolledOut: fc.boolean(),
});

const twin = fc
  .record({ exists: fc.boolean(), replicas: pods, available: pods, full: fc.boolean(), pods, podsLeaving: pods })
  .map((some) => (some.exists ? some : { ...some, replicas: 0, available: 0, full: false }));

const routing = fc
  .record({
    form: fc.constantFrom("plain", "split", "split", "split", "mixed"),
    weights: fc.tuple(percent, percent),
    stable: labels,
    canary: labels,
    routesRestored: fc.boolean(),
    ruleRestored: fc.boolean(),
    routesForMs: span,
    labelsForMs: span,
    withdrawMarked: rarely,
    missing: rarely,
  })
  .map(({ weights, missing, ...rest }) => ({
    ...rest,
    maxWeight: Math.max(...weights),
    minWeight: Math.min(...weights),
    problems: missing ? [{ kind: "missing" as const, message: "it is gone" }] : [],
  }));

const evidence = fc.record({
  looked: fc.boolean(),
  replayed: fc.boolean(),
  verdicts: fc.subarray(
    [verdictOf("pass"), OBSERVING_STILL, verdictOf("inconclusive", { missing: "data" }), BREACH, BREACH_PAUSE],
    { maxLength: 2 },
  ),
  split: fc.constantFrom("applied", "notYet", "tooFew"),
  candidate: fc.record({ kind: fc.constantFrom("quiet", "busy", "blind"), forMs: span }),
});

const shut = { kind: "closed", message: "inside the deny window freeze", opensAtMs: undefined } as const;
const WINDOWS: readonly NonNullable<Given["window"]>[] = [
  { kind: "open" },
  { kind: "open" },
  { ...shut, overrun: "Hold" },
  { ...shut, overrun: "Finish" },
  { ...shut, overrun: "Rollback" },
];

const verb = fc.constantFrom(...VERBS);
const moment = fc.record({
  waitMs: fc.constantFrom(1000, 20_000, MINUTE, 20 * MINUTE),
  own,
  twin,
  routing,
  evidence,
  hold: fc.constantFrom("policy", "pause"),
  suspend: rarely,
  deleting: rarely,
  preflight: fc.constantFrom<Given["preflight"]>(undefined, []),
  window: fc.constantFrom(...WINDOWS),
  lateWritesForMs: fc.constantFrom(0, 0, 1, 15_000),
  verb: fc.option(verb, { nil: undefined }),
});

function check(before: RunStatus, given: Given): RunStatus {
  const facts = factsOf(before.phase, { ...given, status: before });
  const { status, desired, wakeAtMs } = decide(facts);
  const { phase, weightInForce } = status;
  expect(PHASES).toContain(phase);
  expect(status.stalled?.reason).not.toBe("EngineBug");
  expect(PLAN.steps[status.step]).toBeDefined();
  const allowed = Math.max(stepAt(PLAN, status.step).weight, weightInForce);
  if (BEFORE_SWAP.includes(phase) && status.asFound !== undefined) {
    expect(desired.atMost).toBeLessThanOrEqual(allowed);
    if (weightInForce > 0) expect(desired.labels).toBeDefined();
  }
  if (desired.weight !== undefined && desired.weight > 0) {
    expect(phase).toBe("Shifting");
    expect(desired.weight).toBeLessThanOrEqual(desired.atMost);
  }
  if (facts.window.kind === "closed" && facts.window.overrun !== "Finish" && desired.weight !== undefined)
    expect(desired.weight).toBeLessThanOrEqual(Math.max(weightInForce, facts.routing.maxWeight));
  if (phase === "Withdrawing" || phase === "Draining") expect(desired.atMost).toBe(0);
  if (GOING_DOWN.includes(phase)) {
    const { stable = SELECTOR } = facts.routing;
    const awaitsOldPods = phase === "Undoing" && sameLabels(stable, TWIN_PODS);
    expect([desired.weight ?? 0, awaitsOldPods ? 0 : weightInForce]).toEqual([0, 0]);
  }
  if (weightInForce > before.weightInForce) expect(status.transitions.map(({ to }) => to)).toContain("Observing");
  const onlyUnvetted = facts.own.unvettedPods > 0 && facts.own.vettedAvailable === 0;
  if (desired.own === "release") expect(onlyUnvetted ? ["Converging", "Releasing"] : ["Converging"]).toContain(phase);
  if (desired.restore !== undefined) expect([desired.weight ?? 0, facts.lateWritesForMs]).toEqual([0, 0]);
  expect(status.epoch).toBeGreaterThanOrEqual(before.epoch);
  expect(status.commandsSeen.slice(0, before.commandsSeen.length)).toEqual(before.commandsSeen);
  if (isFinal(phase)) expect(wakeAtMs).toBeUndefined();
  else expect(wakeAtMs).toBeGreaterThan(facts.nowMs);
  if (isFinal(before.phase)) expect(phase).toBe(before.phase);
  return status;
}

describe("whatever the facts say", () => {
  test("nothing rises that should not, and nothing is stuck in a circle", () => {
    const start = fc.constantFrom(...STATES);
    fc.assert(
      fc.property(start, fc.array(moment, { minLength: 1, maxLength: 10 }), (phase, moments) => {
        let status = statusOf(phase);
        let nowMs = NOW;
        const commands: NonNullable<Given["commands"]>[number][] = [];
        for (const { waitMs, verb: given, ...facts } of moments) {
          nowMs += waitMs;
          if (given !== undefined) commands.push({ id: `c${commands.length}`, verb: given, step: "first", by: "ann" });
          status = check(status, { ...facts, commands, nowMs });
        }
      }),
      { numRuns: 400, seed: 20260101, interruptAfterTimeLimit: 6000 },
    );
  });

  test("deciding again on the same facts decides the same", () => {
    fc.assert(
      fc.property(fc.constantFrom(...STATES), moment, (phase, facts) => {
        const { own, twin, routing, evidence, hold, suspend, deleting, lateWritesForMs } = facts;
        const given: Given = { own, twin, routing, evidence, hold, suspend, deleting, lateWritesForMs };
        const once = decide(factsOf(phase, given));
        const twice = decide(factsOf(once.status.phase, { ...given, status: once.status }));
        expect(twice.status).toEqual(once.status);
        expect(twice.notices).toEqual([]);
        expect(twice.desired).toEqual(once.desired);
      }),
      { numRuns: 600, seed: 20260102, interruptAfterTimeLimit: 3000 },
    );
  });
});

/** What people and other programs may do to a run at any time. */
const MISCHIEF: Readonly<Record<string, (world: World) => void>> = {
  lower: (world) => (world.routes = { ...world.routes, weight: 0, sinceMs: world.nowMs }),
  raise: (world) => {
    if (world.routes.form === "split") world.routes = { form: "split", weight: 90, sinceMs: world.nowMs };
  },
  widen: (world) => (world.rule = { stable: SELECTOR, canary: SELECTOR, sinceMs: world.nowMs }),
  loseAnswer: (world) => (world.lateUntilMs = world.nowMs + 15_000),
  losePod: (world) => (world.twin.pods = Math.max(0, world.twin.pods - 1)),
  suspend: (world) => (world.suspend = true),
  goOn: (world) => (world.suspend = false),
  newer: (world) => (world.template = "other"),
  back: (world) => (world.template = "live"),
  bad: (world) => (world.candidate = "bad"),
  silent: (world) => (world.candidate = "silent"),
  delete: (world) => (world.deleting = true),
  resume: (world) => tell(world, "resume"),
  pause: (world) => tell(world, "pause"),
  promote: (world) => tell(world, "promote"),
  abort: (world) => tell(world, "abort"),
  undo: (world) => tell(world, "undo"),
};

function tell(world: World, given: (typeof VERBS)[number]): void {
  world.commands = [...world.commands, { id: `c${world.commands.length}`, verb: given, by: "ann" }];
}

describe("whatever is done to a run", () => {
  test("after a foreign hand's pass no user meets an unvetted pod beyond the step's share, and in the end the run ends", () => {
    const act = fc.record({ ticks: fc.integer({ min: 0, max: 120 }), what: fc.constantFrom(...Object.keys(MISCHIEF)) });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 6 }), (acts) => {
        const world = newWorld();
        for (const { ticks, what } of acts) {
          for (let i = 0; i < ticks; i++) tick(world);
          MISCHIEF[what]?.(world);
        }
        tell(world, "resume");
        tell(world, "abort");
        tell(world, "undo");
        for (let i = 0; i < 800 && !isFinal(world.status.phase); i++) tick(world);
        expect(world.status.phase, world.trace.at(-1)?.phase).toSatisfy(isFinal);
        for (const { phase, step, users, weight } of world.trace) {
          expect(users.unvetted, phase).toBeLessThanOrEqual(Math.max(weight, stepAt(PLAN, step).weight) + 1e-9);
          expect(weight, phase).toBeLessThanOrEqual(stepAt(PLAN, step).weight);
        }
      }),
      { numRuns: 60, seed: 20260103, interruptAfterTimeLimit: 6000 },
    );
  });
});
