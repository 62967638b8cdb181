import { MAX_OBJECTIVES, MAX_PLANNED_CHANNELS, MAX_PLANNED_WINDOWS } from "../plan.ts";
import { type Problem, problemAt, problemsOf } from "../problem.ts";
import { type PolicyKind, type RolloutSpec, rolloutSpecSchema } from "../rollout.ts";
import { validateRollout, validateStated } from "../validate.ts";
import { mergeLayers, type Merged, type SourcedWindow } from "./merge.ts";
import { FROM_ROLLOUT, originOf, planOrigins, type Origins } from "./origins.ts";
import type { ReadPolicy } from "./read.ts";
import { selectPolicies } from "./select.ts";
import { strictestLimits } from "./strictest.ts";
import { tightenObjectives } from "./tighten-objectives.ts";
import { tightenSteps } from "./tighten-steps.ts";

/** What a Rollout comes to with the policies that are for it. */
export interface Effective {
  spec: RolloutSpec;
  /** Of every source, the Rollout's own among them. */
  windows: readonly SourcedWindow[];
  origins: Origins;
  /** Names of the policies that were used, in the order in which they were laid over each other. */
  policies: readonly string[];
  /** What is wrong with the policies. While there is anything, the rest is without them, and no new version may be given to users by it. */
  policyProblems: readonly Problem[];
}

export type EffectiveResult = { ok: true; value: Effective } | { ok: false; problems: readonly Problem[] };

interface RolloutObject {
  metadata: { namespace?: string | undefined; labels?: Readonly<Record<string, string>> | undefined };
  spec: Record<string, unknown> & { policyRef?: { kind?: PolicyKind; name: string } };
}

/**
 * A Rollout under the policies: those that are for it are selected from `all` and laid under what it states, and the limits of the
 * cluster's are applied. Not ok when the Rollout itself is wrong.
 *
 * @param namespaceLabels of the Rollout's namespace
 */
export function effectiveRollout(
  object: unknown,
  all: readonly ReadPolicy[],
  namespaceLabels: Readonly<Record<string, string>> = {},
): EffectiveResult {
  const own = validateStated(object);
  if (!own.ok) return own;
  const { metadata, spec: stated } = object as RolloutObject;
  const subject = {
    namespace: metadata.namespace ?? "",
    labels: metadata.labels ?? {},
    namespaceLabels,
    policyRef: stated.policyRef,
  };
  const { policies, problems } = selectPolicies(all, subject);
  const result = underPolicies(stated, policies);
  if (result.problems.length + problems.length === 0 && result.value !== undefined)
    return { ok: true, value: { ...result.value, policyProblems: [] } };
  const alone = validateRollout(object);
  // Without policies there is nobody else to blame.
  if (policies.length + problems.length === 0 && !alone.ok) return alone;
  const policyProblems = [...problems, ...result.problems];
  const rest = underPolicies(stated, []);
  return rest.value === undefined
    ? { ok: false, problems: policyProblems }
    : { ok: true, value: { ...rest.value, policyProblems } };
}

type Value = Omit<Effective, "policyProblems">;

function underPolicies(
  stated: Record<string, unknown>,
  policies: readonly ReadPolicy[],
): { value: Value | undefined; problems: Problem[] } {
  const layers = policies.flatMap(({ source, spec }) => {
    if (!spec.ok) return [];
    const { selector: _, namespaceSelector: __, limits: ___, ...given } = spec.value;
    return [{ from: source, spec: given as Record<string, unknown> }];
  });
  const merged = mergeLayers([...layers, { from: FROM_ROLLOUT, spec: stated }]);
  const { channels } = merged.spec["notifications"] as { channels: unknown[] };
  const tooMany = [
    ...excess(
      merged.windows.length,
      MAX_PLANNED_WINDOWS,
      "spec.windows",
      merged.windows.map(({ from }) => from),
    ),
    ...excess(channels.length, MAX_PLANNED_CHANNELS, "spec.notifications.channels", Object.values(merged.channelsBy)),
  ];
  // The plan has room for more channels than one object may state.
  const parsed = rolloutSpecSchema.safeParse({ ...merged.spec, notifications: { channels: [] } });
  if (!parsed.success || tooMany.length > 0) {
    const issues = parsed.error?.issues ?? [];
    const problems = problemsOf(rolloutSpecSchema, merged.spec, issues, ["spec"]);
    return { value: undefined, problems: [...problems.map((problem) => blamed(problem, merged)), ...tooMany] };
  }
  const spec = { ...parsed.data, notifications: merged.spec["notifications"] as RolloutSpec["notifications"] };
  return limited(spec, merged, policies);
}

function limited(
  spec: RolloutSpec,
  { windows, statedBy, channelsBy }: Merged,
  policies: readonly ReadPolicy[],
): { value: Value; problems: Problem[] } {
  const limits = strictestLimits(policies);
  const { steps, promotion, changed } = tightenSteps(spec, limits);
  const origins: Record<string, string> = { ...planOrigins(statedBy), ...changed };
  for (const [name, from] of Object.entries(channelsBy)) origins[`notifications.channels.${name}`] = from;
  let objectives = spec.analysis.objectives;
  for (const limit of limits.objectives) {
    const tightened = tightenObjectives(objectives, limit, spec.analysis.onBreach);
    objectives = tightened.objectives;
    for (const [name, from] of Object.entries(tightened.changed)) origins[`analysis.objectives.${name}`] = from;
  }
  const value = {
    spec: { ...spec, steps, promotion, analysis: { ...spec.analysis, objectives } },
    windows,
    origins,
    policies: policies.map(({ source }) => source),
  };
  const sources = limits.objectives.map(({ from }) => from);
  return { value, problems: excess(objectives.length, MAX_OBJECTIVES, "spec.analysis.objectives", sources) };
}

/** Names who states the field, and the interval that its time is measured against. */
function blamed(problem: Problem, { statedBy }: Merged): Problem {
  const field = problem.keys.slice(1).filter((key) => typeof key === "string");
  const said = (name: string) => `spec.${name} from ${originOf(statedBy, name) ?? "default"}`;
  const names = [field.join("."), ...(problem.message.includes("analysis.interval") ? ["analysis.interval"] : [])];
  return { ...problem, message: `${problem.message} (${names.map(said).join(", ")})` };
}

function excess(count: number, most: number, path: string, sources: readonly string[]): Problem[] {
  if (count <= most) return [];
  const from = [...new Set(sources)].join(", ");
  return [problemAt(path.split("."), `expected at most ${most} items, got ${count} of ${from}: take some away`)];
}
