import type { z } from "zod";
import { API_VERSION } from "../metadata.ts";
import { type Problem, problemAt, problemsOf } from "../problem.ts";
import { POLICY_KINDS, type PolicyKind } from "../rollout.ts";
import { labelSelectorSchema, type LabelSelector } from "../selector.ts";
import { clusterRolloutPolicySpecSchema, type PolicySpec, rolloutPolicySpecSchema } from "./spec.ts";

/** A policy as it was read. One with something wrong in it still says whom it is for, as far as that can be told. */
export interface ReadPolicy {
  kind: PolicyKind;
  name: string;
  /** undefined for one of the whole cluster. */
  namespace: string | undefined;
  /** As origins name it: "RolloutPolicy/strict". */
  source: string;
  /** Whom it is for; "unknown" when that is among what is wrong. */
  selector: LabelSelector | undefined | "unknown";
  spec: { ok: true; value: PolicySpec } | { ok: false; problems: Problem[] };
}

type Fields = Record<string, unknown>;

const SCHEMAS: Readonly<Record<PolicyKind, z.ZodType>> = {
  RolloutPolicy: rolloutPolicySpecSchema,
  ClusterRolloutPolicy: clusterRolloutPolicySpecSchema,
};
const SELECTORS: Readonly<Record<PolicyKind, string>> = {
  RolloutPolicy: "selector",
  ClusterRolloutPolicy: "namespaceSelector",
};

export function isPolicyKind(kind: unknown): kind is PolicyKind {
  return POLICY_KINDS.some((each) => each === kind);
}

/** A policy as a person wrote it or as the API server gave it, with everything that is wrong with it; undefined for another kind. */
export function readPolicy(object: unknown): ReadPolicy | undefined {
  if (!isFields(object) || !isPolicyKind(object["kind"])) return undefined;
  const { apiVersion, kind, metadata, spec } = object;
  const { name, namespace } = isFields(metadata) ? metadata : {};
  const given = spec ?? {};
  const parsed = SCHEMAS[kind].safeParse(given);
  const selector = labelSelectorSchema.optional().safeParse(isFields(given) ? given[SELECTORS[kind]] : undefined);
  const problems = [
    ...(apiVersion === API_VERSION ? [] : [expected("apiVersion", API_VERSION, apiVersion)]),
    ...(typeof name === "string" && name !== ""
      ? []
      : [problemAt(["metadata", "name"], `missing: a ${kind} needs a name`)]),
    ...(parsed.success ? [] : problemsOf(SCHEMAS[kind], given, parsed.error.issues, ["spec"])),
  ];
  const called = typeof name === "string" ? name : "";
  return {
    kind,
    name: called,
    namespace: kind === "RolloutPolicy" && typeof namespace === "string" ? namespace : undefined,
    source: `${kind}/${called}`,
    selector: selector.success ? selector.data : "unknown",
    spec: problems.length === 0 ? { ok: true, value: parsed.data as PolicySpec } : { ok: false, problems },
  };
}

function expected(key: string, value: string, got: unknown): Problem {
  const found = got === undefined ? "it is missing" : `got ${JSON.stringify(got)}`;
  return problemAt([key], `expected ${JSON.stringify(value)}, ${found}`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
