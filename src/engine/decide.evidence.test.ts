import { describe, expect, test } from "vitest";
import { decide } from "./decide.ts";
import { MINUTE, NOW, OBSERVING_STILL, factsOf, verdictOf, type Given } from "./facts.test-helper.ts";
import { rfc3339 } from "./memory.ts";

const NO_DATA = verdictOf("inconclusive", { missing: "data", message: "errors: Prometheus does not answer" });
const FEW = verdictOf("inconclusive", { missing: "requests", message: "errors: 12 of 100 requests" });
const HOLD = 15 * MINUTE;

function observing(minutes: number, given: Given = {}) {
  return decide(factsOf("Observing", { ...given, nowMs: NOW + minutes * MINUTE }));
}

describe("the clock of onInconclusive", () => {
  test("starts at once when nothing is heard, and is remembered", () => {
    expect(observing(0, { evidence: { verdicts: [NO_DATA] } }).status.inconclusiveSince).toBe(rfc3339(NOW));
    expect(observing(0, { evidence: { verdicts: [] } }).status.inconclusiveSince).toBe(rfc3339(NOW));
  });

  test("does not run while the observation has time left, and runs from its end on", () => {
    expect(observing(3, { evidence: { verdicts: [FEW] } }).status.inconclusiveSince).toBeUndefined();
    expect(observing(4, { evidence: { verdicts: [FEW] } }).status.inconclusiveSince).toBe(rfc3339(NOW + 4 * MINUTE));
  });

  test("pauses the run when it is over, and never before", () => {
    const status = { inconclusiveSince: rfc3339(NOW) };
    expect(observing(14.9, { status, evidence: { verdicts: [NO_DATA] } }).status.phase).toBe("Observing");
    const over = observing(15, { status, evidence: { verdicts: [NO_DATA] } });
    expect(over.status).toMatchObject({ phase: "Paused", weightInForce: 10, pause: { reason: "Inconclusive" } });
    expect(over.status.pause?.message).toContain("Prometheus does not answer");
    expect(over.desired.atMost).toBe(10);
  });

  test("rolls back instead when the plan says so", () => {
    const analysis = {
      ...factsOf("Observing").run.spec.plan.analysis,
      onInconclusive: { holdMs: HOLD, then: "Rollback" },
    } as const;
    const status = { inconclusiveSince: rfc3339(NOW) };
    const over = observing(15, { status, plan: { analysis }, evidence: { verdicts: [NO_DATA] } });
    expect(over.status).toMatchObject({ phase: "Withdrawing", end: { reason: "Inconclusive" } });
  });

  test("does not fire after a restart before one look, however late it is", () => {
    const status = { inconclusiveSince: rfc3339(NOW - 10 * HOLD) };
    const evidence = { verdicts: [], looked: false, replayed: false };
    expect(observing(0, { status, evidence }).status.phase).toBe("Observing");
    expect(observing(0, { status, evidence: { ...evidence, looked: true } }).status.phase).toBe("Paused");
  });

  test("stops when something is heard again", () => {
    const status = { inconclusiveSince: rfc3339(NOW - MINUTE) };
    expect(
      observing(0, { status, evidence: { verdicts: [OBSERVING_STILL] } }).status.inconclusiveSince,
    ).toBeUndefined();
  });

  test("stands still while the Rollout is suspended", () => {
    const status = { inconclusiveSince: rfc3339(NOW - 10 * HOLD) };
    const { status: next } = observing(0, { status, suspend: true, evidence: { verdicts: [NO_DATA] } });
    expect([next.phase, next.inconclusiveSince]).toEqual(["Observing", undefined]);
  });

  test("is not run by a state in which nothing is judged", () => {
    expect(decide(factsOf("Paused", { evidence: { verdicts: [NO_DATA] } })).status.inconclusiveSince).toBeUndefined();
  });

  test("says when it will fire", () => {
    const status = { inconclusiveSince: rfc3339(NOW - HOLD + 1000) };
    expect(observing(0, { status, evidence: { verdicts: [NO_DATA] } }).wakeAtMs).toBe(NOW + 1000);
  });
});

describe("a step passes", () => {
  const passes = { evidence: { verdicts: [verdictOf("pass")] } };

  test("into the gate of the next one, with the weight kept", () => {
    const { status } = decide(factsOf("Observing", { ...passes, status: { step: 1, weightInForce: 10 } }));
    expect(status).toMatchObject({ phase: "Waiting", step: 2, weightInForce: 10 });
  });

  test("the last one into the swap", () => {
    const routing = { minWeight: 100, maxWeight: 100 };
    const { status } = decide(factsOf("Observing", { ...passes, routing, status: { step: 3, weightInForce: 100 } }));
    expect(status).toMatchObject({ phase: "SwappingLabels", weightInForce: 100 });
  });

  test("not when one objective says nothing, when there is none, before a look, or while suspended", () => {
    const pass = verdictOf("pass");
    for (const given of [
      { evidence: { verdicts: [pass, FEW] } },
      { evidence: { verdicts: [] } },
      { evidence: { verdicts: [pass], looked: false } },
      { evidence: { verdicts: [pass] }, suspend: true },
    ])
      expect(decide(factsOf("Observing", given)).status.phase).toBe("Observing");
  });

  test("keeps the numbers that it passed on in the status", () => {
    const evidence = {
      view: "destination",
      total: 900,
      bad: 3,
      fraction: 0.0033,
      limitFraction: 0.02,
      eValue: 0.1,
      alpha: 0.001,
      fromMs: NOW - MINUTE,
      toMs: NOW,
      query: "sum(x)",
    } as const;
    const { objectives } = decide(
      factsOf("Observing", { evidence: { verdicts: [verdictOf("pass", { evidence })] } }),
    ).status;
    expect(objectives).toEqual([
      expect.objectContaining({
        name: "errors",
        verdict: "pass",
        evidence: expect.objectContaining({ bad: 3, from: rfc3339(NOW - MINUTE), query: "sum(x)" }),
      }),
    ]);
  });
});

describe("a weight counts as applied", () => {
  const at = (routing: Given["routing"], split: "applied" | "notYet" | "tooFew") =>
    decide(factsOf("Shifting", { routing: { maxWeight: 30, minWeight: 30, ...routing }, evidence: { split } })).status;

  test("when the share of requests agrees", () => {
    expect(at({}, "applied")).toMatchObject({ phase: "Observing", weightInForce: 30, appliedAt: rfc3339(NOW) });
  });

  test("when there are too few requests to tell, after the settle time, and says so", () => {
    expect(at({ routesForMs: 14_999 }, "tooFew").phase).toBe("Shifting");
    const { phase, transitions } = at({ routesForMs: 15_000 }, "tooFew");
    expect(phase).toBe("Observing");
    expect(transitions.at(-1)?.message).toContain("too few requests");
  });

  test("not when the share disagrees, and not when one route has another weight", () => {
    expect(at({ routesForMs: 10 * MINUTE }, "notYet").phase).toBe("Shifting");
    expect(at({ minWeight: 10 }, "applied").phase).toBe("Shifting");
  });

  test("and until then the weight is written only by Shifting, never above the step's", () => {
    expect(decide(factsOf("Shifting")).desired).toMatchObject({ atMost: 30, weight: 30 });
    expect(decide(factsOf("Scaling")).desired.weight).toBeUndefined();
    expect(decide(factsOf("Observing")).desired.weight).toBeUndefined();
  });

  test("after a start nothing rises before the evidence was replayed, not even the first weight: it may have been written before", () => {
    const evidence = { replayed: false };
    expect(decide(factsOf("Shifting", { evidence })).desired).toMatchObject({ atMost: 10 });
    expect(decide(factsOf("Shifting", { evidence })).desired.weight).toBeUndefined();
    const first = { step: 0, weightInForce: 0 };
    expect(decide(factsOf("Shifting", { evidence, status: first })).desired.weight).toBeUndefined();
  });

  test("after a start the old pods are not let go before one look, however long they were kept", () => {
    const keeping = (looked: boolean) => factsOf("Keeping", { evidence: { looked }, nowMs: NOW + 60 * MINUTE });
    expect(decide(keeping(false)).status.phase).toBe("Keeping");
    expect(decide(keeping(true)).status.phase).toBe("Converging");
  });

  test("waiting for Prometheus to tell of the past runs into no deadline", () => {
    const late = factsOf("Shifting", { evidence: { replayed: false } });
    const facts = { ...late, nowMs: late.nowMs + 3_600_000 };
    expect(decide(facts).status.phase).toBe("Shifting");
  });

  test("a Rollout that is changed before the run began gets another run", () => {
    const facts = factsOf("Preflight", {});
    const changed = { ...facts, rollout: { ...facts.rollout, outdated: true } };
    expect(decide(changed).status.phase).toBe("Superseded");
    const later = factsOf("Observing", {});
    expect(decide({ ...later, rollout: { ...later.rollout, outdated: true } }).status.phase).toBe("Observing");
  });
});
