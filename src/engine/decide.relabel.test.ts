import { describe, expect, test } from "vitest";
import type { State } from "../api/phase.ts";
import { decide } from "./decide.ts";
import { NOW, factsOf, type Given } from "./facts.test-helper.ts";
import { rfc3339 } from "./memory.ts";

const ruleWriter = { manager: "argocd-controller", time: rfc3339(NOW - 1_000) };
const rewritten: Given = { routing: { stable: { app: "checkout" }, canary: { app: "checkout" }, ruleWriter } };
const times = (count: number, agoMs: number) =>
  Array.from({ length: count }, (_, index) => ({
    at: rfc3339(NOW - agoMs + index),
    writtenAt: rfc3339(NOW - agoMs),
    by: "argocd-controller",
  }));

describe("labels that somebody rewrites", () => {
  test("are counted once for one write, put right, and told", () => {
    const { status, desired, notices } = decide(factsOf("Observing", rewritten));
    expect(status).toMatchObject({
      phase: "Observing",
      relabels: [{ writtenAt: ruleWriter.time, by: "argocd-controller" }],
    });
    expect(desired.labels).toBeDefined();
    expect(notices).toMatchObject([{ reason: "LabelsReset" }]);
    const again = decide(factsOf("Observing", { ...rewritten, status }));
    expect(again.status.relabels).toHaveLength(1);
    expect(again.notices).toEqual([]);
  });

  test("are nobody's while they are as they should be, or not yet ours", () => {
    expect(decide(factsOf("Observing", { routing: { ruleWriter } })).status.relabels).toEqual([]);
    expect(decide(factsOf("Preflight", rewritten)).status.relabels).toEqual([]);
  });

  test.each<State>(["Waiting", "Scaling", "Shifting", "Observing", "Paused"])(
    "for the sixth time in two minutes in %s end the run",
    (phase) => {
      const { status } = decide(factsOf(phase, { ...rewritten, status: { relabels: times(5, 110_000) } }));
      expect(status).toMatchObject({ phase: "Withdrawing", weightInForce: 0, end: { reason: "RouteContended" } });
      expect(status.end?.message).toMatch(/argocd-controller.*\.spec\.subsets.*ignoreDifferences/);
      expect(status.contended).toBe(status.end?.message);
    },
  );

  test("end a run that cannot get through the fence", () => {
    const { status } = decide(factsOf("Fencing", { ...rewritten, status: { relabels: times(6, 110_000) } }));
    // Nobody has met the candidate: there is nothing to wait for.
    expect(status).toMatchObject({ phase: "Draining", end: { reason: "RouteContended" } });
  });

  test.each<State>(["SwappingLabels", "SwappingWeight", "Keeping", "Converging"])(
    "in %s are told of, and stop nothing",
    (phase) => {
      const { status, notices } = decide(factsOf(phase, { ...rewritten, status: { relabels: times(5, 110_000) } }));
      expect(status).toMatchObject({ phase, contended: expect.stringMatching(/argocd-controller/) as unknown });
      expect(notices.map(({ reason }) => reason)).toEqual(["LabelsReset", "RouteContended"]);
    },
  );

  test("count no more after two minutes", () => {
    const { status } = decide(factsOf("Observing", { ...rewritten, status: { relabels: times(5, 121_000) } }));
    expect(status).toMatchObject({ phase: "Observing", contended: undefined });
  });
});
