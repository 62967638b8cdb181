import type { z } from "zod";
import { ROLLOUT_NAME_LENGTH } from "./fields.ts";
import { API_VERSION } from "./metadata.ts";
import { type Problem, nearest, problemAt, problemsOf } from "./problem.ts";
import { type RolloutSpec, type RolloutSpecInput, rolloutSpecSchema, statedRolloutSchema } from "./rollout.ts";
import { type RunStatus, runStatusSchema } from "./run.ts";
import { type RunSpec, runSpecSchema } from "./run-spec.ts";

export type { Problem } from "./problem.ts";

const TOP_LEVEL = ["apiVersion", "kind", "metadata", "spec", "status"];

type Fields = Record<string, unknown>;

export type Validated<T> = { ok: true; spec: T } | { ok: false; problems: Problem[] };

/**
 * A Rollout by itself, without policies, as a person wrote it or as the API server gave it: its spec with all defaults, or everything that is wrong with it.
 *
 * @example const result = validateRollout(parse(text)); if (!result.ok) for (const { path, message } of result.problems) ...
 */
export function validateRollout(object: unknown): Validated<RolloutSpec> {
  return validate(object, rolloutSpecSchema);
}

/** A Rollout as the API server judges it: by what it states itself, whatever the policies add. */
export function validateStated(object: unknown): Validated<RolloutSpecInput> {
  return validate(object, statedRolloutSchema);
}

function validate<T>(object: unknown, schema: z.ZodType<T>): Validated<T> {
  if (!isFields(object))
    return {
      ok: false,
      problems: [problemAt([], "expected a Rollout, an object with apiVersion, kind, metadata and spec")],
    };
  const problems = [...identityProblems(object), ...nameProblems(object["metadata"])];
  const parsed = schema.safeParse(object["spec"]);
  if (parsed.success && problems.length === 0) return { ok: true, spec: parsed.data };
  const ofSpec = parsed.success ? [] : problemsOf(schema, object["spec"], parsed.error.issues, ["spec"]);
  return { ok: false, problems: [...problems, ...ofSpec] };
}

/**
 * A stored RolloutRun. Fields that this version does not know are left out, and a status that nobody wrote yet is the one that a
 * run begins with: whatever wrote the run, rolling it back must be possible.
 */
export function parseRun(
  object: unknown,
): { ok: true; spec: RunSpec; status: RunStatus } | { ok: false; problems: Problem[] } {
  if (!isFields(object))
    return { ok: false, problems: [problemAt([], "expected a RolloutRun, an object with a spec")] };
  const spec = parseKnown(runSpecSchema, object["spec"], ["spec"]);
  const status = parseKnown(runStatusSchema, object["status"] ?? {}, ["status"]);
  if (spec.ok && status.ok) return { ok: true, spec: spec.value, status: status.value };
  return { ok: false, problems: [...(spec.ok ? [] : spec.problems), ...(status.ok ? [] : status.problems)] };
}

function identityProblems(object: Fields): Problem[] {
  const problems: Problem[] = [];
  const expected: Fields = { apiVersion: API_VERSION, kind: "Rollout" };
  for (const [key, value] of Object.entries(expected)) {
    const got = object[key] === undefined ? "it is missing" : `got ${JSON.stringify(object[key])}`;
    if (object[key] !== value) problems.push(problemAt([key], `expected ${JSON.stringify(value)}, ${got}`));
  }
  for (const key of Object.keys(object).filter((name) => !TOP_LEVEL.includes(name))) {
    const near = nearest(key, TOP_LEVEL) ?? nearest(key, Object.keys(rolloutSpecSchema.shape));
    const hint =
      near === undefined
        ? ""
        : TOP_LEVEL.includes(near)
          ? `; did you mean "${near}"?`
          : `; "${near}" belongs under spec`;
    problems.push(problemAt([key], `there is no field "${key}"${hint}`));
  }
  return problems;
}

function nameProblems(metadata: unknown): Problem[] {
  const name = isFields(metadata) ? metadata["name"] : undefined;
  if (typeof name !== "string" || name === "")
    return [problemAt(["metadata", "name"], "missing: a Rollout needs a name")];
  if (name.length <= ROLLOUT_NAME_LENGTH) return [];
  const message = `expected at most ${ROLLOUT_NAME_LENGTH} characters, since labels are made from it; got ${name.length}`;
  return [problemAt(["metadata", "name"], message)];
}

function parseKnown<S extends z.ZodType>(
  schema: S,
  stored: unknown,
  base: string[],
): { ok: true; value: z.output<S> } | { ok: false; problems: Problem[] } {
  const whole = schema.safeParse(stored);
  if (whole.success) return { ok: true, value: whole.data };
  const value = structuredClone(stored);
  for (;;) {
    const parsed = schema.safeParse(value);
    if (parsed.success) return { ok: true, value: parsed.data };
    const unknown = parsed.error.issues.filter((issue) => issue.code === "unrecognized_keys");
    if (unknown.length === 0) return { ok: false, problems: problemsOf(schema, value, parsed.error.issues, base) };
    for (const issue of unknown) {
      const holder = issue.path.reduce<unknown>(
        (at, key) => (at as Record<PropertyKey, unknown>)[key],
        value,
      ) as Fields;
      for (const key of issue.keys) delete holder[key];
    }
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
