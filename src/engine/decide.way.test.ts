import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { LIVE_PODS, MINUTE, NOW, PLAN, SELECTOR, SIZE, TWIN_PODS, command } from "./facts.test-helper.ts";
import { stepAt } from "./plan.ts";
import { newWorld, runUntil, tick, type World } from "./world.test-helper.ts";

const AS_BEFORE = { rule: { stable: SELECTOR, canary: SELECTOR }, routes: { form: "plain", weight: 0 } };
const APPROVED = [command("approve", { step: "third" })];

/** What must hold in every tick of every run: the invariants of the design, as users see them. */
function expectSafe(world: World): void {
  for (const { phase, step, users, weight } of world.trace) {
    const share = phase === "Observing" || phase === "Shifting" ? stepAt(PLAN, step).weight : weight;
    expect(users.lost, phase).toBe(0);
    expect(users.unvetted, phase).toBeLessThanOrEqual(share + 1e-9);
  }
}

const reached = (phase: Phase) => (world: World) => world.status.phase === phase;

function at(phase: Phase, more: Partial<World> = {}): World {
  const world = newWorld({ commands: APPROVED, ...more });
  runUntil(world, reached(phase));
  expect(world.status.phase).toBe(phase);
  return world;
}

describe("a good version", () => {
  test.each(["policy", "pause"] as const)("goes all the way, with the Deployment held by %s", (hold) => {
    const world = newWorld({ commands: APPROVED, hold });
    const phases = runUntil(world);
    expect(phases.slice(0, 5)).toEqual(["Fencing", "Scaling", "Shifting", "Observing", "Scaling"]);
    expect(phases.slice(-7)).toEqual([
      "Observing",
      "SwappingLabels",
      "SwappingWeight",
      "Keeping",
      "Converging",
      "Joining",
      "Promoted",
    ]);
    expect(world).toMatchObject(AS_BEFORE);
    expect(world.twin).toEqual({ exists: false, replicas: 0, pods: 0 });
    expect(world.own).toMatchObject({ live: 0, fresh: SIZE, paused: hold === "pause" });
    expect(world.status).toMatchObject({ liveOnTwin: false, weightInForce: 0 });
    expectSafe(world);
  });

  test("labels come before routes, routes before the twin, and the twin before any user", () => {
    const world = newWorld({ commands: APPROVED });
    runUntil(world);
    const first = (what: (entry: World["trace"][number]) => boolean) => world.trace.findIndex(what);
    const labels = first(({ desired }) => desired.labels?.stable === LIVE_PODS);
    const split = first(({ desired }) => desired.weight === 0);
    const twin = first(({ desired }) => desired.twin !== undefined);
    const users = first(({ desired }) => (desired.weight ?? 0) > 0);
    const settleTicks = PLAN.settleMs / 5000;
    expect(split - labels).toBeGreaterThanOrEqual(settleTicks);
    expect(twin - split).toBeGreaterThanOrEqual(settleTicks);
    expect(users).toBeGreaterThan(twin);
  });

  test("the weight is never above the step's, and every step is observed for its time", () => {
    const world = newWorld({ commands: APPROVED });
    runUntil(world);
    const swap = world.trace.findIndex(({ phase }) => phase === "SwappingLabels");
    for (const { phase, step, weight } of world.trace.slice(0, swap))
      expect(weight, `${phase} ${step}`).toBeLessThanOrEqual(stepAt(PLAN, step).weight);
    PLAN.steps.forEach(({ weight, observeMs }, step) => {
      const watched = world.trace.filter((entry) => entry.phase === "Observing" && entry.step === step);
      expect(watched.length * 5000).toBeGreaterThanOrEqual(observeMs);
      expect(new Set(watched.map((entry) => entry.weight))).toEqual(new Set([weight]));
    });
  });

  test("the twin grows with the weight and never shrinks before it joins", () => {
    const world = newWorld({ commands: APPROVED });
    runUntil(world, reached("Joining"));
    const sizes = world.trace.flatMap(({ desired }) =>
      typeof desired.twin === "object" ? [desired.twin.replicas] : [],
    );
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect([...new Set(sizes)]).toEqual([1, 2, 4]);
  });

  test("waits for the approval that a step asks for, however long", () => {
    const world = newWorld();
    runUntil(world, ({ nowMs }) => nowMs > NOW + 60 * MINUTE);
    expect(world.status).toMatchObject({ phase: "Waiting", step: 2, weightInForce: 30 });
    world.commands = APPROVED;
    runUntil(world);
    expect(world.status.phase).toBe("Promoted");
  });

  test("a crash after any pass changes nothing: all memory is in the status", () => {
    const world = newWorld({ commands: APPROVED });
    for (let ticks = 0; ticks < 1000 && world.status.phase !== "Promoted"; ticks++) {
      world.status = JSON.parse(JSON.stringify(world.status));
      tick(world);
    }
    expect(world.status.phase).toBe("Promoted");
    expectSafe(world);
  });
});

describe("a bad version", () => {
  test("loses its users in the pass that hears of it, then its pods; then all is as it was", () => {
    const world = at("Observing");
    world.candidate = "bad";
    tick(world);
    expect(world.routes.weight).toBe(0);
    expect(world.twin.pods).toBe(1);
    const phases = runUntil(world);
    expect(phases.slice(-3)).toEqual(["Withdrawing", "Draining", "RolledBack"]);
    expect(world).toMatchObject({ ...AS_BEFORE, twin: { exists: false, pods: 0 }, own: { live: SIZE, fresh: 0 } });
    expectSafe(world);
  });

  test.each(["SwappingWeight", "Keeping"] as const)("seen in %s, users go back to the old pods", (phase) => {
    const world = at(phase);
    world.commands = [...APPROVED, command("undo")];
    const phases = runUntil(world);
    expect(phases.slice(-3)).toEqual(["Undoing", "Draining", "Aborted"]);
    expect(world).toMatchObject({ ...AS_BEFORE, own: { live: SIZE, fresh: 0 } });
    expectSafe(world);
  });

  test("that never starts is taken back at the deadline, and no user met it", () => {
    const world = newWorld({ startable: false });
    const phases = runUntil(world);
    expect(phases).toEqual(["Fencing", "Scaling", "Draining", "RolledBack"]);
    expect(world.trace.every(({ weight }) => weight === 0)).toBe(true);
    expect(world.status.end?.reason).toBe("ProgressDeadlineExceeded");
    expectSafe(world);
  });
});

describe("without evidence", () => {
  test("the run is held, then paused; resume goes on from there with a new epoch", () => {
    const world = at("Observing");
    world.candidate = "silent";
    runUntil(world, reached("Paused"));
    expect(world.status).toMatchObject({ weightInForce: 10, pause: { reason: "Inconclusive" } });
    expect(world.nowMs - NOW).toBeGreaterThanOrEqual(15 * MINUTE);
    world.candidate = "good";
    world.commands = [...APPROVED, command("resume")];
    runUntil(world);
    expect(world.status).toMatchObject({ phase: "Promoted", epoch: 1 });
    expectSafe(world);
  });
});

describe("deletion of the Rollout", () => {
  const STAGES = [
    "Fencing",
    "Scaling",
    "Shifting",
    "Observing",
    "SwappingLabels",
    "SwappingWeight",
    "Keeping",
    "Converging",
    "Joining",
  ] as const;
  test.each(STAGES)("in %s leaves every user served and nothing of ours", (phase) => {
    const world = at(phase);
    world.deleting = true;
    runUntil(world);
    expect(world.status.phase).toBe(phase === "Joining" ? "Promoted" : "Aborted");
    expect(world).toMatchObject({ ...AS_BEFORE, twin: { exists: false, pods: 0 } });
    expect(world.status.liveOnTwin).toBe(false);
    expectSafe(world);
  });
});

describe("a newer template", () => {
  const STAGES = ["Fencing", "Scaling", "Shifting", "Observing"] as const;
  test.each(STAGES)("in %s takes the candidate back, for a run of its own", (phase) => {
    const world = at(phase);
    world.template = "other";
    runUntil(world);
    expect(world.status).toMatchObject({ phase: "Superseded", liveOnTwin: false });
    expect(world).toMatchObject(AS_BEFORE);
    expectSafe(world);
  });

  test.each(["SwappingLabels", "SwappingWeight", "Keeping", "Converging"] as const)(
    "from %s on leaves users on the twin, whole and alone behind stable",
    (phase) => {
      const world = at(phase);
      world.template = "other";
      runUntil(world);
      expect(world.status).toMatchObject({ phase: "Promoted", liveOnTwin: true });
      expect(world).toMatchObject({
        twin: { exists: true, pods: SIZE },
        rule: { stable: TWIN_PODS },
        routes: { form: "split", weight: 0 },
      });
      expectSafe(world);
    },
  );

  test.each(["Fencing", "Observing", "SwappingLabels", "SwappingWeight", "Keeping"] as const)(
    "that is the live one again, in %s, ends on the old pods",
    (phase) => {
      const world = at(phase);
      world.template = "live";
      runUntil(world);
      expect(world.status.phase).toBe("Superseded");
      expect(world).toMatchObject({ ...AS_BEFORE, own: { live: SIZE, fresh: 0 } });
      expectSafe(world);
    },
  );
});

describe("a foreign hand", () => {
  test("lowering the weight pauses the run at 0; resume brings it back by the fence", () => {
    const world = at("Observing");
    world.routes = { form: "split", weight: 0, sinceMs: world.nowMs };
    tick(world);
    expect(world.status).toMatchObject({
      phase: "Paused",
      weightInForce: 0,
      pause: { reason: "Withdrawn", withdrawn: true },
    });
    world.commands = [...APPROVED, command("resume")];
    runUntil(world);
    expect(world.status.phase).toBe("Promoted");
    expectSafe(world);
  });

  test("raising the weight is undone in the same pass", () => {
    const world = at("Observing");
    world.routes = { form: "split", weight: 80, sinceMs: world.nowMs };
    tick(world);
    expect([world.status.phase, world.routes.weight]).toEqual(["Observing", 10]);
  });

  test("widening stable is undone in the same pass, in every state with a twin", () => {
    for (const phase of ["Scaling", "Shifting", "Observing", "SwappingWeight", "Keeping"] as const) {
      const world = at(phase);
      const wanted = world.rule.stable;
      world.rule = { stable: SELECTOR, canary: SELECTOR, sinceMs: world.nowMs };
      tick(world);
      expect(world.rule.stable, phase).toEqual(phase === "SwappingWeight" || phase === "Keeping" ? TWIN_PODS : wanted);
    }
  });

  test("starting pods past the hold: they are taken away, and stable is not narrowed before", () => {
    const world = newWorld({ own: { live: 2, fresh: 0, stray: 2, paused: false } });
    tick(world);
    expect(world.rule.stable).toEqual(SELECTOR);
    expect(world.own).toMatchObject({ stray: 0, paused: true });
    world.own.live = SIZE;
    tick(world);
    expect(world.rule.stable).toEqual(LIVE_PODS);
  });
});
