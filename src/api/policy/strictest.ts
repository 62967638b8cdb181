import type { Objective } from "../analysis.ts";
import { durationMs, weightPercent } from "../units.ts";
import { asLimit } from "./origins.ts";
import type { ReadPolicy } from "./read.ts";

/** A limit, and what origins call the policy that sets it. */
export interface Limit<T> {
  value: T;
  from: string;
}

/** The limits of several policies as one: each of them is kept by keeping these. */
export interface StrictestLimits {
  objectives: Limit<Objective>[];
  maxFirstWeight: Limit<number | string> | undefined;
  minObserve: Limit<string> | undefined;
  approval: Limit<true> | undefined;
}

export function strictestLimits(policies: readonly ReadPolicy[]): StrictestLimits {
  const stating = policies.flatMap(({ source, spec }) =>
    spec.ok && spec.value.limits !== undefined ? [{ limits: spec.value.limits, from: asLimit(source) }] : [],
  );
  return {
    objectives: stating.flatMap(({ limits, from }) => (limits.objectives ?? []).map((value) => ({ value, from }))),
    maxFirstWeight: least(
      stating.flatMap(({ limits, from }) => present(limits.maxFirstWeight, from)),
      weightPercent,
    ),
    minObserve: least(
      stating.flatMap(({ limits, from }) => present(limits.minObserve, from)),
      (observe) => -durationMs(observe),
    ),
    approval: stating.flatMap(({ limits, from }) =>
      limits.approval === undefined ? [] : [{ value: true as const, from }],
    )[0],
  };
}

function present<T>(value: T | undefined, from: string): Limit<T>[] {
  return value === undefined ? [] : [{ value, from }];
}

/** The first of those with the least measure. */
function least<T>(limits: readonly Limit<T>[], measure: (value: T) => number): Limit<T> | undefined {
  return limits.toSorted((a, b) => measure(a.value) - measure(b.value))[0];
}
