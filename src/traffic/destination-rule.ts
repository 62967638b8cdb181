import { ANNOTATION_CREATED_FOR } from "../api/metadata.ts";
import type { Pinned, RuleAsFound } from "../api/run.ts";
import type { JsonPatchOperation, KubeObject } from "../kube/port.ts";
import { ifUnchanged } from "../unchanged.ts";
import { hostOf, ruleHost } from "./select.ts";
import type { Labels, ObjectPatch } from "./types.ts";

interface WrittenSubset {
  name: string;
  labels?: Record<string, string>;
  [field: string]: unknown;
}

interface RuleSpec {
  host?: string;
  subsets?: WrittenSubset[];
}

function specOf(rule: KubeObject): RuleSpec {
  return (rule["spec"] as RuleSpec | undefined) ?? {};
}

/** Labels of a subset: undefined when it is not defined, {} when it is and selects everything. */
export function subsetLabels(rule: KubeObject | undefined, name: string): Labels | undefined {
  const subset = rule === undefined ? undefined : specOf(rule).subsets?.find((each) => each.name === name);
  return subset === undefined ? undefined : (subset.labels ?? {});
}

/** A new rule with these subsets and nothing else; its annotation says that it may be deleted again. */
export function newRule(pinned: Pinned, namespace: string, subsets: readonly [string, Labels][]): KubeObject {
  return {
    apiVersion: pinned.istio.apiVersion,
    kind: "DestinationRule",
    metadata: {
      name: pinned.istio.destinationRule.name,
      namespace: pinned.istio.destinationRule.namespace,
      annotations: { [ANNOTATION_CREATED_FOR]: `${namespace}/${pinned.service.name}` },
    },
    spec: {
      host: hostOf(pinned.service.name, namespace),
      subsets: subsets.map(([name, labels]) => ({ name, labels })),
    },
  };
}

/**
 * Operations after which the subsets have these labels, if the rule is as it was read. A subset that is there keeps everything but its
 * labels.
 */
export function labelOperations(rule: KubeObject, wanted: readonly [string, Labels][]): JsonPatchOperation[] {
  const { subsets } = specOf(rule);
  const changes: JsonPatchOperation[] = [];
  const added: WrittenSubset[] = [];
  for (const [name, labels] of wanted) {
    const index = subsets?.findIndex((each) => each.name === name) ?? -1;
    if (index < 0) added.push({ name, labels: { ...labels } });
    else if (!sameLabels(subsets?.[index]?.labels ?? {}, labels)) changes.push(relabel(rule, index, labels));
  }
  if (subsets !== undefined)
    for (const subset of added) changes.push({ op: "add", path: "/spec/subsets/-", value: subset });
  else if (added.length > 0) changes.push({ op: "add", path: "/spec/subsets", value: added });
  return ifUnchanged(rule, changes);
}

/**
 * Puts the rule back as it was recorded: labels as found, and subsets away that were not there. A subset in `named`, which routes
 * still name, is never taken from under them: it is widened to all of the Service's pods instead, since a route to a subset that is
 * not defined answers nothing but 503.
 */
export function restoreRule(
  pinned: Pinned,
  rule: KubeObject,
  asFound: RuleAsFound,
  named: ReadonlySet<string>,
): ObjectPatch | undefined {
  const { stable, canary } = pinned.istio.subsets;
  const found: [string, Labels | undefined][] = [
    [stable, asFound.stable],
    [canary, asFound.canary],
  ];
  const created = !asFound.existed && rule.metadata.annotations?.[ANNOTATION_CREATED_FOR] !== undefined;
  const { name, namespace = "", uid = "", resourceVersion = "" } = rule.metadata;
  const onlyOurs = isOnlyOurs(rule, [stable, canary]);
  if (created && onlyOurs && !named.has(stable) && !named.has(canary)) {
    return { kind: "delete", resource: "DestinationRule", namespace, name, uid, resourceVersion };
  }
  const operations = restoreOperations(rule, found, named);
  // With something of somebody else's in it the rule is theirs from here on.
  if (created && !onlyOurs && operations.length > 0) operations.push(...removeAnnotation());
  return operations.length === 0
    ? undefined
    : { kind: "patch", resource: "DestinationRule", namespace, name, operations };
}

function restoreOperations(
  rule: KubeObject,
  found: readonly [string, Labels | undefined][],
  named: ReadonlySet<string>,
): JsonPatchOperation[] {
  const subsets = specOf(rule).subsets ?? [];
  const changes: JsonPatchOperation[] = [];
  const removed: number[] = [];
  for (const [index, subset] of subsets.entries()) {
    const entry = found.find(([name]) => name === subset.name);
    if (entry === undefined) continue;
    const labels = entry[1] ?? (named.has(subset.name) ? {} : undefined);
    if (labels === undefined) removed.push(index);
    else if (!sameLabels(subset.labels ?? {}, labels)) changes.push(relabel(rule, index, labels));
  }
  if (removed.length > 0 && removed.length === subsets.length) changes.push({ op: "remove", path: "/spec/subsets" });
  else {
    // From the end, since a removal moves the places of those after it.
    for (const index of removed.toReversed()) changes.push({ op: "remove", path: `/spec/subsets/${index}` });
  }
  return ifUnchanged(rule, changes);
}

function relabel(rule: KubeObject, index: number, labels: Labels): JsonPatchOperation {
  const path = `/spec/subsets/${index}/labels`;
  const isWritten = specOf(rule).subsets?.[index]?.labels !== undefined;
  // No labels and empty labels mean the same; the way that people write it is to leave them out.
  if (Object.keys(labels).length === 0 && isWritten) return { op: "remove", path };
  return { op: "add", path, value: { ...labels } };
}

function isOnlyOurs(rule: KubeObject, ours: readonly string[]): boolean {
  const spec = specOf(rule);
  return (
    Object.keys(spec).every((field) => field === "host" || field === "subsets") &&
    (spec.subsets ?? []).every(
      (subset) =>
        ours.includes(subset.name) && Object.keys(subset).every((field) => field === "name" || field === "labels"),
    )
  );
}

function removeAnnotation(): JsonPatchOperation[] {
  return [{ op: "remove", path: `/metadata/annotations/${ANNOTATION_CREATED_FOR.replaceAll("/", "~1")}` }];
}

export function sameLabels(a: Labels, b: Labels): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** Whether the rule is for the run's Service: another one's is left alone. */
export function isForService(rule: KubeObject, pinned: Pinned, namespace: string): boolean {
  return ruleHost(rule) === hostOf(pinned.service.name, namespace);
}
