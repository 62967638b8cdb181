import { describe, expect, test } from "vitest";
import { plannedPodSharePercent, podSharePercent, twinReplicas } from "./size.ts";

describe("twinReplicas", () => {
  test.each([
    [10, 10, 0, 1],
    [10, 11, 0, 2],
    [0.5, 4, 0, 1],
    [0, 4, 0, 1],
    [100, 4, 2, 4],
    [10, 0, 0, 1],
  ])("%f %% of %i pods", (weight, size, current, expected) => {
    expect(twinReplicas(weight, size, current)).toBe(expected);
  });

  test("never falls within a run", () => expect(twinReplicas(10, 4, 3)).toBe(3));
});

describe("the candidate's share of the pods", () => {
  test("is what callers past the mesh meet, and larger than a small weight", () => {
    expect(podSharePercent(2, 10)).toBeCloseTo(16.7, 1);
    expect(podSharePercent(0, 0)).toBe(0);
    expect(plannedPodSharePercent(10, 4)).toBe(20);
    expect(plannedPodSharePercent(100, 4)).toBe(50);
  });
});
