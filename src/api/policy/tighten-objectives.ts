import type { Objective } from "../analysis.ts";
import { durationMs, rateFraction } from "../units.ts";
import { freeName } from "./free-name.ts";
import type { Limit } from "./strictest.ts";

type Breach = "Rollback" | "Pause";

/** The objectives under one more limit, and by name what changed and through whom. */
export interface Tightened {
  objectives: Objective[];
  changed: Record<string, string>;
}

/**
 * Sees to it that some objective is as strict as the limit asks. Nothing changes when one is; one that is looser in everything is
 * tightened and keeps its name; otherwise the limit's objective is added beside those that are there. `onBreach` is what happens on a
 * breach of an objective that does not say.
 */
export function tightenObjectives(
  objectives: readonly Objective[],
  { value: limit, from }: Limit<Objective>,
  onBreach: Breach,
): Tightened {
  const mustRollBack = limit.onBreach === "Rollback";
  const strict = objectives.filter((each) => isAsStrict(each, limit));
  if (strict.some((each) => !mustRollBack || (each.onBreach ?? onBreach) === "Rollback"))
    return { objectives: [...objectives], changed: {} };
  const [first] = strict;
  if (first !== undefined) return replaced(objectives, first, { ...first, onBreach: "Rollback" }, "onBreach", from);
  const looser = objectives.filter((each) => isAsStrict(limit, each));
  const nearest = looser.find(({ name }) => name === limit.name) ?? looser[0];
  if (nearest !== undefined) {
    const { errorRate, latency } = limit;
    const tight = { ...nearest, errorRate, latency, onBreach: mustRollBack ? "Rollback" : nearest.onBreach } as const;
    return replaced(objectives, nearest, tight, undefined, from);
  }
  const names = objectives.map(({ name }) => name);
  const added = { ...limit, name: freeName(limit.name, names) };
  return { objectives: [...objectives, added], changed: { [added.name]: from } };
}

function replaced(
  objectives: readonly Objective[],
  old: Objective,
  by: Objective,
  field: string | undefined,
  from: string,
): Tightened {
  const key = field === undefined ? old.name : `${old.name}.${field}`;
  return { objectives: objectives.map((each) => (each === old ? by : each)), changed: { [key]: from } };
}

/** Whether whatever keeps to `objective` keeps to `limit` as well. */
export function isAsStrict(objective: Objective, limit: Objective): boolean {
  if (limit.errorRate !== undefined) {
    const { errorRate } = objective;
    return errorRate !== undefined && rateFraction(errorRate.max) <= rateFraction(limit.errorRate.max);
  }
  const { latency } = objective;
  return (
    latency !== undefined &&
    limit.latency !== undefined &&
    rateFraction(latency.quantile) >= rateFraction(limit.latency.quantile) &&
    durationMs(latency.max) <= durationMs(limit.latency.max)
  );
}
