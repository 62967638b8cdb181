import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Decision } from "../../src/engine/decide.ts";
import type { RunFacts } from "../../src/engine/facts.ts";
import { play } from "./play.ts";
import { schedules, type Action, type Setting, type Timed } from "./schedule.ts";

type Breaking = (decision: Decision, facts: RunFacts) => Decision;

const sound: Breaking = (decision) => decision;
const variant = vi.hoisted(() => ({
  breakFacts: (facts: RunFacts): RunFacts => facts,
  breakDecision: (decision: Decision, _facts: RunFacts): Decision => decision,
}));

vi.mock(import("../../src/engine/decide.ts"), async (original) => {
  const module = await original();
  return {
    ...module,
    decide: (facts: RunFacts) => variant.breakDecision(module.decide(variant.breakFacts(facts)), facts),
  };
});

afterEach(() => {
  variant.breakFacts = (facts) => facts;
  variant.breakDecision = sound;
});

/** Whether some schedule of these actions is found to break the invariant. */
async function isCaught(invariant: string, kinds: readonly Action["kind"][]): Promise<boolean> {
  const property = fc.asyncProperty(schedules(kinds), async (schedule) => {
    const { broken } = await play(schedule);
    return !broken.some((sentence) => sentence.startsWith(invariant));
  });
  return (await fc.check(property, { numRuns: 80, seed: 1, endOnFailure: true })).failed;
}

const desiring = (
  change: (desired: Decision["desired"], facts: RunFacts, decision: Decision) => Partial<Decision["desired"]>,
) => {
  variant.breakDecision = (decision, facts) => ({
    ...decision,
    desired: { ...decision.desired, ...change(decision.desired, facts, decision) },
  });
};

describe("an engine that is broken on purpose is caught", () => {
  test("when it lets the candidate keep whatever weight it has", async () => {
    desiring(() => ({ atMost: 100 }));
    expect(await isCaught("I3", ["ship"])).toBe(true);
  });

  test("when it raises the weight to the step after the one at hand", async () => {
    desiring(({ weight, atMost }) => (weight === 10 ? { weight: 30, atMost: Math.max(30, atMost) } : {}));
    expect(await isCaught("I1", ["ship"])).toBe(true);
  });

  test("when it starts the twin behind a Service-wide stable subset", async () => {
    desiring(({ labels }, facts, { status }) =>
      labels !== undefined && ["Fencing", "Scaling"].includes(status.phase)
        ? { labels: { stable: facts.selector, canary: labels.canary } }
        : {},
    );
    variant.breakFacts = (facts) => ({
      ...facts,
      routing: { ...facts.routing, stable: facts.run.spec.from.podLabels },
    });
    expect(await isCaught("I1", ["ship"])).toBe(true);
  });

  test("when it takes what is written for applied", async () => {
    variant.breakFacts = (facts) => ({
      ...facts,
      routing: { ...facts.routing, labelsForMs: 60_000, routesForMs: 60_000 },
    });
    expect(await isCaught("I2", ["ship"])).toBe(true);
  });

  test("when it shows the candidate to users before every proxy knows its pods", async () => {
    variant.breakFacts = (facts) => ({ ...facts, twin: { ...facts.twin, availableForMs: 60_000 } });
    expect(await isCaught("I2", ["ship"])).toBe(true);
  });

  test("when it takes no evidence for good evidence", async () => {
    variant.breakFacts = (facts) => ({
      ...facts,
      evidence: {
        ...facts.evidence,
        verdicts: facts.evidence.verdicts.map((verdict) =>
          verdict.verdict === "inconclusive" ? { ...verdict, verdict: "pass" } : verdict,
        ),
      },
    });
    // Prometheus is gone from the first step on: a schedule that chance seldom makes.
    const setting: Setting = { hold: "policy", form: "plain", routesMs: 0, rulesMs: 0, endpointsMs: 0, seed: 1 };
    const actions: Timed[] = [
      { waitMs: 0, action: { kind: "ship", tag: "v5-errors50" } },
      { waitMs: 4_200, action: { kind: "prometheus", mode: "down", forMs: 60_000 } },
    ];
    const { broken } = await play({ setting, actions });
    expect(broken.filter((sentence) => sentence.startsWith("I4"))).not.toEqual([]);
  });

  test("when it forgets breaches", async () => {
    variant.breakFacts = (facts) => ({
      ...facts,
      evidence: {
        ...facts.evidence,
        verdicts: facts.evidence.verdicts.filter(({ verdict }) => verdict !== "breach"),
      },
    });
    expect(await isCaught("I3", ["ship"])).toBe(true);
  });

  test("when it gives back a weight that somebody took away", async () => {
    variant.breakFacts = (facts) => ({
      ...facts,
      routing: { ...facts.routing, minWeight: Math.max(facts.routing.minWeight, facts.run.status.weightInForce) },
    });
    variant.breakDecision = (decision) =>
      decision.status.phase === "Observing"
        ? { ...decision, desired: { ...decision.desired, weight: decision.status.weightInForce } }
        : decision;
    expect(await isCaught("I1", ["editWeight"])).toBe(true);
  });

  test("when it lets go of the autoscaler with its floor raised", async () => {
    desiring(({ floor }) => (floor === "restore" ? { floor: "leave" } : {}));
    variant.breakFacts = (facts) => ({ ...facts, floorRestored: true });
    expect(await isCaught("I5", ["ship"])).toBe(true);
  });

  test("when it leaves the twin behind", async () => {
    desiring(({ twin }) => (twin === "gone" ? { twin: { replicas: 1 } } : {}));
    expect(await isCaught("I5", ["ship"])).toBe(true);
  });

  test("when it releases the user's Deployment before its template is vetted", async () => {
    desiring(({ own }, _facts, { status }) =>
      status.phase === "Scaling" && own === "pause" ? { own: "release" } : {},
    );
    expect(await isCaught("I1", ["ship"])).toBe(true);
  });

  test("when it puts routes back while the twin is there", async () => {
    desiring(({ restore }, facts, { status }) =>
      status.phase === "Draining" && restore === undefined && facts.twin.pods > 0 ? { restore: "routes" } : {},
    );
    expect(await isCaught("I1", ["ship", "command"])).toBe(true);
  });
});
