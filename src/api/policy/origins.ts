/** Where a plan's values come from, by the field of a Rollout's spec that says them; a field speaks for what is in it. */
export type Origins = Readonly<Record<string, string>>;

export const FROM_ROLLOUT = "Rollout";
export const FROM_DEFAULT = "default";

/** How a source calls itself that did not give a value but bounded it. */
export function asLimit(source: string): string {
  return `${source} (limit)`;
}

/** Fields of the spec that a plan is made from. Names of steps, objectives and channels may follow, as in "steps.first.observe". */
const PLAN_FIELDS = [
  "traffic.settle",
  "traffic.unmanagedCallers",
  "steps",
  "promotion.ramp",
  "promotion.observe",
  "promotion.keepPrevious",
  "rollback.drainAfter",
  "progressDeadline",
  "analysis.prometheus.name",
  "analysis.interval",
  "analysis.minRequests",
  "analysis.onBreach",
  "analysis.onInconclusive.hold",
  "analysis.onInconclusive.then",
  "analysis.objectives",
];

/** Of what the sources state, by field, those that make a plan; what nobody states is the default. */
export function planOrigins(statedBy: Origins): Origins {
  return Object.fromEntries(PLAN_FIELDS.map((field) => [field, statedBy[field] ?? FROM_DEFAULT]));
}

/** Where the value at `field` comes from; undefined in a plan of an older version, which does not say. */
export function originOf(origins: Origins, field: string): string | undefined {
  for (let at = field; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("."))))
    if (origins[at] !== undefined) return origins[at];
  return undefined;
}
