import { describe, expect, test } from "vitest";
import { isFinal, STATES, type Phase } from "../api/phase.ts";
import { decide } from "./decide.ts";
import type { Desired } from "./desired.ts";
import { BREACH, BREACH_PAUSE, MINUTE, NOW, SELECTOR, SIZE, SPEC, TWIN_PODS, factsOf } from "./facts.test-helper.ts";
import { rfc3339 } from "./memory.ts";

describe("converging and joining", () => {
  test("a breach stops the own Deployment, and stays on the twin until somebody says retry", () => {
    const breached = factsOf("Converging", { evidence: { verdicts: [BREACH] }, own: { rolledOut: true } });
    const { status, desired } = decide(breached);
    expect(status).toMatchObject({ phase: "Converging", stalled: { reason: "ConvergeBreached" } });
    expect(desired).toMatchObject({ own: "pause", labels: { stable: TWIN_PODS } });
    const retry = { id: "r", verb: "retry", by: "ann" } as const;
    const again = decide(factsOf("Converging", { status, commands: [retry], evidence: { verdicts: [BREACH] } }));
    expect(again.status).toMatchObject({ phase: "Converging", epoch: 1 });
    expect(again.status.stalled).toBeUndefined();
    expect(again.desired.own).toBe("release");
  });

  test("a lost twin is made again at once, and vetted own pods stand in for it", () => {
    const { status, desired } = decide(factsOf("Converging", { twin: { exists: false, replicas: 0, available: 0 } }));
    expect(status.stalled?.reason).toBe("CandidateLost");
    expect(desired).toMatchObject({
      own: "pause",
      twin: { replicas: SIZE },
      labels: { stable: SELECTOR, canary: SELECTOR },
    });
    const back = decide(factsOf("Converging", { status }));
    expect(back.status.stalled).toBeUndefined();
    expect(back.desired).toMatchObject({ own: "release", labels: { stable: TWIN_PODS } });
  });

  test("own pods that nobody vetted never stand in", () => {
    const { desired } = decide(factsOf("Converging", { own: { unvettedPods: 1 }, twin: { available: 0 } }));
    expect(desired.labels?.stable).toEqual(TWIN_PODS);
  });

  test("two causes of a stall at once do not take turns for ever", () => {
    const facts = factsOf("Converging", {
      twin: { available: 0 },
      status: { deadlines: { progress: rfc3339(NOW - 1) } },
      evidence: { verdicts: [BREACH, BREACH_PAUSE] },
    });
    expect(decide(facts).status.stalled?.reason).toBe("ConvergeBreached");
  });

  test("a breach in joining brings the twin back to full, then every user onto it", () => {
    const facts = factsOf("Joining", {
      evidence: { verdicts: [BREACH] },
      twin: { replicas: 2, available: 2, pods: 2 },
    });
    const first = decide(facts);
    expect(first.status.stalled?.reason).toBe("JoinBreached");
    expect(first.desired).toMatchObject({ twin: { replicas: SIZE }, labels: { stable: SELECTOR } });
    const whole = decide(factsOf("Joining", { status: first.status }));
    expect(whole.desired.labels).toEqual({ stable: TWIN_PODS, canary: TWIN_PODS });
  });

  test("from there a newer template ends it with users on the twin; before that joining is finished", () => {
    const status = { stalled: { reason: "JoinBreached", message: "errors" } };
    const own = { template: "other" } as const;
    const narrowed = { stable: TWIN_PODS, canary: TWIN_PODS, labelsForMs: MINUTE };
    expect(decide(factsOf("Joining", { own, status })).status.phase).toBe("Joining");
    expect(decide(factsOf("Joining", { own, routing: narrowed })).status.phase).toBe("Joining");
    expect(decide(factsOf("Joining", { own, status, routing: narrowed })).status).toMatchObject({
      phase: "Promoted",
      liveOnTwin: true,
    });
  });

  test("a stall by time alone does not stop joining", () => {
    const status = { stalled: { reason: "JoinStalled", message: "" }, deadlines: {} };
    const { desired } = decide(factsOf("Joining", { status, routing: { labelsForMs: MINUTE } }));
    expect(desired.twin).toEqual({ replicas: SIZE - 1 });
  });

  test("a run that only lets the Deployment catch up begins in converging, and knows what to put back", () => {
    const twin = { ...SPEC.to, revision: "checkout-1" };
    const spec = { reason: "Converge" as const, from: twin, to: twin };
    const { status, desired } = decide(
      factsOf("Preflight", { spec, twin: { exists: true, available: SIZE, replicas: SIZE } }),
    );
    expect(status).toMatchObject({ phase: "Converging", asFound: expect.anything() });
    expect(desired).toMatchObject({
      own: "release",
      labels: { stable: TWIN_PODS },
      weight: 0,
      twin: { replicas: SIZE },
    });
    expect(desired.previousTwin).toBeUndefined();
  });

  test("without the policy the own Deployment is paused again, and seen to be, before joining", () => {
    const own = { rolledOut: true, onlyCandidate: true };
    const open = factsOf("Converging", { hold: "pause", own: { ...own, paused: false, pauseObserved: false } });
    expect(decide(open)).toMatchObject({ status: { phase: "Converging" }, desired: { own: "pause" } });
    const unseen = factsOf("Converging", { hold: "pause", own: { ...own, pauseObserved: false } });
    expect(decide(unseen).status.phase).toBe("Converging");
    expect(decide(factsOf("Converging", { hold: "pause", own })).status.phase).toBe("Joining");
  });

  test("a run from a twin keeps that twin whole, and takes it away only in its own converging, or once it is released", () => {
    const from = { ...SPEC.from, track: "twin" as const, workload: "checkout-0" };
    const wanted: Partial<Record<Phase, Desired["previousTwin"]>> = {
      Converging: "gone",
      Joining: undefined,
      Releasing: undefined,
    };
    for (const state of STATES) {
      const { desired, status } = decide(factsOf(state, { spec: { from }, previousTwin: {} }));
      expect(status.phase).toBe(state);
      const kept = isFinal(state) ? undefined : { atLeast: SIZE };
      expect(desired.previousTwin, state).toEqual(state in wanted ? wanted[state] : kept);
    }
  });

  test("for a Rollout that is being deleted nobody makes the twin of an earlier run again", () => {
    const from = { ...SPEC.from, track: "twin" as const, workload: "checkout-0" };
    const facts = factsOf("Withdrawing", { spec: { from }, previousTwin: { exists: false } });
    const { desired } = decide({ ...facts, rollout: { ...facts.rollout, deleting: true } });
    expect(desired.previousTwin).toBeUndefined();
  });
});

test("a twin of two runs ago goes in converging, and joining waits for the last of its pods", () => {
  const own = { rolledOut: true, onlyCandidate: true };
  const there = decide(factsOf("Converging", { own, olderTwins: { exist: true, pods: 4 } }));
  expect(there).toMatchObject({ status: { phase: "Converging" }, desired: { olderTwins: "gone" } });
  expect(decide(factsOf("Converging", { own, olderTwins: { exist: false, pods: 1 } })).status.phase).toBe("Converging");
  expect(decide(factsOf("Converging", { own })).status.phase).toBe("Joining");
});

describe("scaling the twin in", () => {
  const routing = { labelsForMs: MINUTE };
  const replicas = (given: Parameters<typeof factsOf>[1]) =>
    decide(factsOf("Joining", { routing, ...given })).desired.twin;

  test("goes by quarters, each once the last has settled and the own pods are whole", () => {
    expect(replicas({})).toEqual({ replicas: SIZE - 1 });
    expect(replicas({ twin: { replicas: 3, pods: 4 } })).toEqual({ replicas: 3 });
    expect(replicas({ own: { vettedAvailable: SIZE - 1 } })).toEqual({ replicas: SIZE });
    expect(replicas({ twin: { replicas: 0, pods: 0, available: 0 } })).toBe("gone");
  });

  test("is not over while one of its pods is there: routes and rule stay until then", () => {
    const twin = { exists: false, replicas: 0, available: 0 };
    expect(decide(factsOf("Joining", { routing, twin: { ...twin, pods: 1 } })).desired.restore).toBeUndefined();
    expect(decide(factsOf("Joining", { routing, twin: { ...twin, pods: 0 } })).desired.restore).toBe("routes");
  });
});
