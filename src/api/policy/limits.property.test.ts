import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePlan } from "../../engine/plan.ts";
import type { Objective } from "../analysis.ts";
import { planSchema } from "../plan.ts";
import { durationMs, rateFraction, weightPercent } from "../units.ts";
import { cluster, effective, team } from "./policies.test-helper.ts";

/** Whatever Rollouts and policies say, a plan keeps to every limit, and no limit makes a plan looser than it was. */

const weight = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom("0.5%", "2.5%", "99.9%", 100));
const observe = fc.constantFrom("10s", "1m", "5m", "1h30m");
const rising = (weights: readonly (number | string)[]) =>
  [...new Map(weights.map((each) => [weightPercent(each), each]))]
    .toSorted(([a], [b]) => a - b)
    .map(([, each]) => each);
const weightsFrom = fc.array(fc.oneof(weight, fc.constant(0)), { maxLength: 5 }).map(rising);
const steps = fc
  .tuple(
    weightsFrom,
    fc.array(observe, { minLength: 5, maxLength: 5 }),
    fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  )
  .map(([weights, times, approvals]) =>
    weights.map((each, index) => ({
      name: index === 0 ? "limited" : `s${index}`,
      weight: each,
      observe: times[index],
      ...(approvals[index] === true ? { approval: {} } : {}),
    })),
  );
const ramp = weightsFrom.map((weights) => [...weights.filter((each) => weightPercent(each) < 100), 100]);
const onBreach = fc.constantFrom("Rollback", "Pause", undefined);
const objectives = fc.uniqueArray(
  fc.oneof(
    fc.record({
      name: fc.constantFrom("errors", "fails"),
      errorRate: fc.record({ max: fc.constantFrom("0.1%", "1%", "5%") }),
      onBreach,
    }),
    fc.record({
      name: fc.constantFrom("latency", "slow", "errors"),
      latency: fc.record({
        quantile: fc.constantFrom("50%", "95%", "99%"),
        max: fc.constantFrom("100ms", "500ms", "1s"),
      }),
      onBreach,
    }),
  ),
  { minLength: 1, maxLength: 4, selector: ({ name }) => name },
);
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const given = fc.record({
  steps: some(steps),
  promotion: some(fc.record({ ramp: some(ramp), observe: some(observe) })),
  analysis: some(fc.record({ onBreach: some(fc.constantFrom("Rollback", "Pause")), objectives: some(objectives) })),
});
const limits = fc.record({
  objectives: some(objectives),
  maxFirstWeight: some(weight),
  minObserve: some(observe),
  approval: some(fc.constant({})),
});
/** As YAML has it: what is not there is not there. */
const plain = <T>(value: T) => JSON.parse(JSON.stringify(value)) as object;

/** In whatever numbers `limit` is kept, `objective` is not broken by anything that it would not be broken by. */
function isAsStrict(objective: Objective, limit: Objective): boolean {
  const [ours, theirs] = [objective, limit].map(({ errorRate, latency }) =>
    errorRate === undefined
      ? { kind: "latency", quantile: rateFraction(latency?.quantile ?? "1%"), ms: durationMs(latency?.max ?? "1ms") }
      : { kind: "errors", quantile: 1 - rateFraction(errorRate.max), ms: 0 },
  );
  if (ours === undefined || theirs === undefined || ours.kind !== theirs.kind) return false;
  return !(ours.quantile < theirs.quantile || ours.ms > theirs.ms);
}

const isKept = (objective: Objective, limit: Objective, general: string) =>
  isAsStrict(objective, limit) && (limit.onBreach !== "Rollback" || (objective.onBreach ?? general) === "Rollback");

test("limits are kept, and never loosen", () => {
  fc.assert(
    fc.property(given, given, given, limits, limits, (rollout, ofTeam, ofCluster, first, second) => {
      const [a, b] = [plain(first), plain(second)];
      const free = [cluster("a", plain(ofCluster)), cluster("b", {}), team("t", plain(ofTeam))];
      const bound = [
        cluster("a", { ...plain(ofCluster), limits: a }),
        cluster("b", { limits: b }),
        team("t", plain(ofTeam)),
      ];
      const before = effective(plain(rollout), free);
      const after = effective(plain(rollout), bound);
      expect(before.policyProblems).toEqual([]);
      expect(after.policyProblems).toEqual([]);
      const [loose, plan] = [compilePlan(before), compilePlan(after)];
      expect(planSchema.safeParse(plan).error?.issues).toBeUndefined();

      for (const limit of [first, second]) {
        for (const wanted of (limit.objectives ?? []) as Objective[])
          expect(
            after.spec.analysis.objectives.some((each) => isKept(each, wanted, after.spec.analysis.onBreach)),
          ).toBe(true);
        const begins = plan.steps.find((step) => step.weight > 0)?.weight ?? 0;
        if (limit.maxFirstWeight !== undefined) expect(begins).toBeLessThanOrEqual(weightPercent(limit.maxFirstWeight));
        if (limit.minObserve !== undefined)
          expect(Math.min(...plan.steps.map(({ observeMs }) => observeMs))).toBeGreaterThanOrEqual(
            durationMs(limit.minObserve),
          );
        if (limit.approval !== undefined)
          expect(plan.steps.some((step) => step.approval && step.weight > 0 && step.weight < 100)).toBe(true);
      }

      expect(plan.steps.map((step) => step.weight)).toEqual(
        plan.steps.map((step) => step.weight).toSorted((x, y) => x - y),
      );
      const shortest = Math.min(...loose.steps.map(({ observeMs }) => observeMs));
      expect(Math.min(...plan.steps.map(({ observeMs }) => observeMs))).toBeGreaterThanOrEqual(shortest);
      for (const step of loose.steps) {
        const same = plan.steps.filter((each) => each.weight === step.weight);
        expect(same.some((each) => each.observeMs >= step.observeMs && (each.approval || !step.approval))).toBe(true);
      }
      for (const objective of before.spec.analysis.objectives)
        expect(after.spec.analysis.objectives.some((each) => isAsStrict(each, objective))).toBe(true);
    }),
    { numRuns: 500 },
  );
});
