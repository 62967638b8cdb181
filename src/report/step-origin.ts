import { originOf } from "../api/policy/origins.ts";
import type { Plan, PlannedStep } from "../api/run.ts";

/** The plan of a run that an older version made does not say where its values come from. */
export const UNKNOWN = "unknown";

/** Where a step comes from; and its time and its approval, where they come from elsewhere. */
export function stepOrigin({ origins }: Plan, { name, promotion }: PlannedStep): string {
  const from = originOf(origins, promotion ? "promotion.ramp" : `steps.${name}`) ?? UNKNOWN;
  const observe = originOf(origins, promotion ? "promotion.observe" : `steps.${name}.observe`) ?? from;
  const approval = promotion ? from : (originOf(origins, `steps.${name}.approval`) ?? from);
  return [
    from,
    ...(observe === from ? [] : [`observe ${observe}`]),
    ...(approval === from ? [] : [`approval ${approval}`]),
  ].join("; ");
}

/** The policies that some of the plan comes from, each named once. */
export function policiesIn(plan: Plan): string[] {
  const sources = [...Object.values(plan.origins), ...plan.windows.map(({ from }) => from)];
  const names = sources.filter((source) => source.includes("/")).map((source) => source.replace(/ \(limit\)$/, ""));
  return [...new Set(names)].toSorted();
}
