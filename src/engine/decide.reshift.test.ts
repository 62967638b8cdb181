import { describe, expect, test } from "vitest";
import type { State } from "../api/phase.ts";
import { decide } from "./decide.ts";
import { BREACH, NOW, command, factsOf, type Given } from "./facts.test-helper.ts";
import { rfc3339 } from "./memory.ts";

const gitOps = { manager: "argocd-controller", time: rfc3339(NOW - 1_000) };
const reset: Given = { routing: { minWeight: 0, maxWeight: 0, lastWriter: gitOps.manager, gitOps } };
const times = (count: number, agoMs: number) =>
  Array.from({ length: count }, (_, index) => ({ at: rfc3339(NOW - agoMs + index), writtenAt: rfc3339(NOW - agoMs) }));

describe("a weight that a GitOps tool resets", () => {
  test.each<State>(["Shifting", "Observing"])(
    "in %s is to be raised again, and not before a fresh reading",
    (phase) => {
      const { status, desired } = decide(factsOf(phase, reset));
      expect(status).toMatchObject({ phase: "Shifting", weightInForce: 0, reshifts: [{ writtenAt: gitOps.time }] });
      expect(desired.atMost).toBe(0);
      expect(desired.weight).toBeUndefined();
      const old = decide(factsOf("Shifting", { ...reset, status, evidence: { lastReadingMs: NOW } }));
      expect(old.desired.weight).toBeUndefined();
      const fresh = decide(factsOf("Shifting", { ...reset, status, evidence: { lastReadingMs: NOW + 1 } }));
      expect(fresh.status).toMatchObject({ phase: "Shifting", reshifts: [{}] });
      expect(fresh.desired.weight).toBe(phase === "Observing" ? 10 : 30);
    },
  );

  test("is not raised again by a fresh reading that shows a breach", () => {
    const { status } = decide(factsOf("Observing", reset));
    const breached = { verdicts: [BREACH], lastReadingMs: NOW + 1 };
    expect(decide(factsOf("Shifting", { ...reset, status, evidence: breached })).status.phase).toBe("Withdrawing");
  });

  test("is counted once for one write while the weight is being written", () => {
    const { status } = decide(factsOf("Observing", reset));
    const again = { ...gitOps, time: rfc3339(NOW) };
    const second = { ...reset, routing: { ...reset.routing, gitOps: again } };
    expect(decide(factsOf("Shifting", { ...second, status })).status.reshifts).toHaveLength(2);
    expect(decide(factsOf("Shifting", { ...reset, status })).status.reshifts).toHaveLength(1);
  });

  test("for the sixth time in two minutes pauses the run, which names tool, field and remedy", () => {
    const { status } = decide(factsOf("Observing", { ...reset, status: { reshifts: times(5, 110_000) } }));
    expect(status).toMatchObject({ phase: "Paused", weightInForce: 0, pause: { reason: "Contended" } });
    expect(status.pause?.message).toMatch(/argocd-controller.*\.spec\.http.*ignoreDifferences/);
  });

  test("counts no more once somebody says resume, not even where the tool wrote within the same second", () => {
    const { status } = decide(factsOf("Observing", { ...reset, status: { reshifts: times(5, 110_000) } }));
    const justNow = { ...reset.routing, gitOps: { ...gitOps, time: rfc3339(NOW) } };
    const resumed = decide(factsOf("Paused", { routing: justNow, status, commands: [command("resume")] }));
    expect(resumed.status.phase).not.toBe("Paused");
    expect(resumed.status.reshifts.length).toBeLessThanOrEqual(1);
  });

  test("counts no more after two minutes", () => {
    const { status } = decide(factsOf("Observing", { ...reset, status: { reshifts: times(5, 121_000) } }));
    expect(status).toMatchObject({ phase: "Shifting", weightInForce: 0 });
    expect(status.reshifts).toHaveLength(5);
  });

  test.each<State>(["Waiting", "Scaling"])(
    "in %s goes up with the step at hand, and not before a fresh reading",
    (phase) => {
      const { status, notices } = decide(factsOf(phase, reset));
      expect(status).toMatchObject({ phase, weightInForce: 0, reshifts: [{ writtenAt: gitOps.time }] });
      expect(notices).toMatchObject([{ reason: "WeightReset" }]);
      const old = decide(
        factsOf("Shifting", { ...reset, status: { ...status, phase: "Shifting" }, evidence: { lastReadingMs: NOW } }),
      );
      expect(old.desired.weight).toBeUndefined();
    },
  );

  test.each<State>(["SwappingLabels"])("in %s pauses the run, as anybody's does", (phase) => {
    expect(decide(factsOf(phase, reset)).status).toMatchObject({ phase: "Paused", pause: { reason: "Withdrawn" } });
  });

  test("and that a withdrawal wrote is taken back, not raised", () => {
    const marked = { ...reset.routing, withdrawMarked: true };
    expect(decide(factsOf("Observing", { routing: marked })).status.phase).toBe("Withdrawing");
  });
});
