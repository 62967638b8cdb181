import { expect, test } from "vitest";
import { CHECKS, passes, runChecks } from "./all.ts";
import { rollout, routed, splitRoute, splitWorld, world } from "./fixture.ts";
import type { CheckWorld } from "./types.ts";

test("a workload in order has nothing to be told, in plain and in split form", () => {
  expect(runChecks(world())).toEqual([]);
  expect(runChecks(splitWorld())).toEqual([]);
});

test("the checks are those of preflight, each once, in the order of their numbers", () => {
  expect(CHECKS.map((check) => check.number)).toEqual([1, 2, 5, 6, 8, 9, 11, 20, 22, 30, 31, 35, 36, 38, 39, 41, 42]);
  expect(new Set(CHECKS.map((check) => check.id)).size).toBe(CHECKS.length);
});

test("a warning lets a run go, a failure does not and comes first", () => {
  const warned = runChecks(splitWorld({ virtualServices: [routed(splitRoute(90, 10))] }));
  expect(warned.map((finding) => finding.severity)).toEqual(["warn"]);
  expect(passes(warned)).toBe(true);
  const failed = runChecks(
    splitWorld({ virtualServices: [routed(splitRoute(90, 10))], metrics: { kind: "error", message: "down." } }),
  );
  expect(failed.map((finding) => finding.id)).toEqual(["metrics-live", "weights-sane"]);
  expect(passes(failed)).toBe(false);
});

/** Nothing there at all: what the controller may meet in the first second, or in a namespace that is going away. */
test("a bare world is told of, with every sentence whole, and nothing throws", () => {
  const bare: CheckWorld = {
    rollout: rollout(),
    rollouts: [],
    twinName: "checkout-1",
    deployments: [],
    replicaSets: [],
    services: [],
    pods: [],
    virtualServices: [],
    destinationRules: [],
    latencyBoundsMs: [],
  };
  const findings = runChecks(bare);
  expect(passes(findings)).toBe(false);
  for (const finding of findings) {
    for (const text of [finding.message, finding.reason, finding.remedy]) {
      expect(text).toMatch(/\S/);
      expect(text).not.toMatch(/undefined|null|NaN|\[object/);
    }
  }
});

test("objects with nothing in them are told of and do not throw", () => {
  const empty = { apiVersion: "v1", kind: "Any", metadata: { name: "checkout", namespace: "shop" } };
  const whole = world({
    workload: empty,
    liveTwin: empty,
    services: [empty],
    virtualServices: [empty],
    destinationRules: [empty],
    replicaSets: [empty],
    resourceQuotas: [empty],
    limitRanges: [empty],
    httpRoutes: [empty],
    ingresses: [empty],
  });
  expect(passes(runChecks(whole))).toBe(false);
});
