import type { z } from "zod";
import { clusterRolloutPolicySpecSchema, rolloutPolicySpecSchema } from "../api/policy/spec.ts";
import { statedRolloutSchema } from "../api/rollout.ts";
import { rolloutStatusSchema, runSpecSchema, runStatusSchema } from "../api/run.ts";
import type { ApiError } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { at, clone, equal, isFields, items, type Fields } from "./json.ts";
import { badRequest, invalid } from "./refusals.ts";
import { selectorTest } from "./selectors.ts";

export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** What a kind's schema makes of an object, and what it refuses. */
type Validator = (object: KubeObject, old: KubeObject | undefined, strictness: FieldValidation) => KubeObject;

function pathText(path: readonly PropertyKey[]): string {
  return path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
}

function prune(value: unknown, issue: z.core.$ZodIssueUnrecognizedKeys): void {
  let parent = value;
  for (const key of issue.path) parent = (parent as Fields)[key as string];
  for (const key of issue.keys) delete (parent as Fields)[key];
}

/**
 * `value` with the schema's defaults. As with a CRD, fields that nobody knows are dropped, or refused when the request is strict.
 * @throws ApiError 400 for unknown fields, 422 for values, each naming the field
 */
function parse(
  schema: z.ZodType,
  value: unknown,
  field: string,
  object: KubeObject,
  strictness: FieldValidation,
): unknown {
  const whole = schema.safeParse(value ?? {});
  if (whole.success) return clone(whole.data);
  const candidate = clone(value ?? {});
  for (;;) {
    const result = schema.safeParse(candidate);
    if (result.success) return clone(result.data);
    const unknown = result.error.issues.filter((issue) => issue.code === "unrecognized_keys");
    if (strictness === "Strict" && unknown.length > 0) {
      const names = unknown.flatMap((issue) =>
        issue.keys.map((key) => `unknown field "${field}${pathText([...issue.path, key])}"`),
      );
      throw unknownFields(object, names);
    }
    if (unknown.length === 0) {
      const causes = result.error.issues.map(
        (issue) => `${field}${pathText(issue.path)}: Invalid value: ${issue.message}`,
      );
      throw invalid(kindName(object), object.metadata.name, causes);
    }
    for (const issue of unknown) prune(candidate, issue);
  }
}

function unknownFields(object: KubeObject, names: readonly string[]): ApiError {
  const what = `${object.kind} in version "${object.apiVersion}" cannot be handled`;
  return badRequest(`${what}: strict decoding error: ${names.join(", ")}`);
}

function kindName(object: KubeObject): string {
  const [group] = object.apiVersion.split("/");
  return object.apiVersion.includes("/") ? `${object.kind}.${group}` : object.kind;
}

function withStatus(schema: z.ZodType, object: KubeObject, old: KubeObject | undefined): unknown {
  return unlessKept(old, object, "status", () => parse(schema, object["status"], "status", object, "Ignore"));
}

/** What a write leaves as it was stored is valid, and has its defaults. */
function unlessKept(
  old: KubeObject | undefined,
  object: KubeObject,
  part: "spec" | "status",
  parsed: () => unknown,
): unknown {
  return old !== undefined && old[part] !== undefined && old[part] === object[part] ? old[part] : parsed();
}

const validateRollout: Validator = (object, old, strictness) => ({
  ...object,
  spec: unlessKept(old, object, "spec", () => parse(statedRolloutSchema, object["spec"], "spec", object, strictness)),
  status: withStatus(rolloutStatusSchema, object, old),
});

function validatePolicy(schema: z.ZodType): Validator {
  return (object, old, strictness) => ({
    ...object,
    spec: unlessKept(old, object, "spec", () => parse(schema, object["spec"], "spec", object, strictness)),
  });
}

const validateRun: Validator = (object, old, strictness) => {
  const spec = unlessKept(old, object, "spec", () =>
    parse(runSpecSchema, object["spec"], "spec", object, strictness),
  ) as Fields;
  if (old && spec !== old["spec"]) {
    const causes: string[] = [];
    const oldSpec = old["spec"] as Fields;
    for (const key in oldSpec) {
      if (key !== "commands" && !equal(oldSpec[key], spec[key]))
        causes.push(`spec.${key}: Invalid value: a run's ${key} never changes`);
    }
    const now = new Map(items(spec["commands"]).map((command) => [command["id"], command]));
    for (const command of items(oldSpec["commands"])) {
      const same = equal(now.get(command["id"]), command);
      if (!same) causes.push("spec.commands: Invalid value: commands are neither changed nor removed");
    }
    if (causes.length > 0) throw invalid(kindName(object), object.metadata.name, causes);
  }
  return { ...object, spec, status: withStatus(runStatusSchema, object, old) };
};

const workloadFields = new Set(
  "replicas selector template strategy minReadySeconds revisionHistoryLimit paused progressDeadlineSeconds".split(" "),
);

const validateWorkload: Validator = (object, old, strictness) => {
  const causes: string[] = [];
  const spec = object["spec"];
  for (const key of isFields(spec) ? Object.keys(spec) : []) {
    if (workloadFields.has(key)) continue;
    if (strictness === "Strict") throw unknownFields(object, [`unknown field "spec.${key}"`]);
    delete (spec as Fields)[key];
  }
  const selector = at(spec, "selector");
  const labels = at(spec, "template", "metadata", "labels") as Record<string, string> | undefined;
  if (!isFields(selector)) causes.push("spec.selector: Required value");
  else if (!selectorTest(selector)(labels))
    causes.push("spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`");
  if (items(at(spec, "template", "spec", "containers")).length === 0)
    causes.push("spec.template.spec.containers: Required value");
  if (Number(at(spec, "replicas") ?? 0) < 0)
    causes.push("spec.replicas: Invalid value: must be greater than or equal to 0");
  if (old && !equal(at(old, "spec", "selector"), selector))
    causes.push("spec.selector: Invalid value: field is immutable");
  if (causes.length > 0) throw invalid(`${object.kind}.apps`, object.metadata.name, causes);
  return object;
};

const validators: Readonly<Record<string, Validator>> = {
  "rollouts.sluice.dev": validateRollout,
  "rolloutruns.sluice.dev": validateRun,
  "rolloutpolicies.sluice.dev": validatePolicy(rolloutPolicySpecSchema),
  "clusterrolloutpolicies.sluice.dev": validatePolicy(clusterRolloutPolicySpecSchema),
  "deployments.apps": validateWorkload,
  "replicasets.apps": validateWorkload,
};

/** The object as the server keeps it. @throws ApiError when the kind's rules refuse it */
export function validate(
  resource: string,
  object: KubeObject,
  old: KubeObject | undefined,
  strictness: FieldValidation = "Warn",
): KubeObject {
  return validators[resource]?.(object, old, strictness) ?? object;
}
