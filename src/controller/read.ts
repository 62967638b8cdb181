import { perObject } from "../api/per-object.ts";
import { effectiveRollout, type EffectiveResult } from "../api/policy/effective.ts";
import { readPolicy } from "../api/policy/read.ts";
import { problemAt } from "../api/problem.ts";
import { parseRun } from "../api/validate.ts";
import { rolloutStatusSchema, type RolloutStatus } from "../api/run.ts";
import type { KubeObject } from "../kube/port.ts";
import type { Log } from "../kube/log.ts";
import { objectKey } from "../kube/resources.ts";
import { BY_NAMESPACE, BY_ROLLOUT, type Caches } from "./caches.ts";
import type { ReadRun } from "./observe.ts";

/** A Rollout's runs, the newest first. One that cannot be read is named in the log and left out. */
export function runsOf(caches: Caches, log: Log, rollout: Pick<KubeObject, "metadata">): ReadRun[] {
  const runs = caches.runs.byIndex(BY_ROLLOUT, objectKey(rollout.metadata)).flatMap((object) => {
    const run = readRun(object);
    if (run === undefined)
      log.error(
        { run: object.metadata.name, namespace: object.metadata.namespace },
        "this RolloutRun cannot be read: it was written by another version",
      );
    return run === undefined ? [] : [run];
  });
  return runs.toSorted((a, b) => b.spec.ordinal - a.spec.ordinal);
}

/** A run as its object says; undefined when it cannot be read. Shared: not to be changed. */
export const readRun = perObject((object: KubeObject): ReadRun | undefined => {
  const parsed = parseRun(object);
  if (!parsed.ok) return undefined;
  const { name, namespace = "", uid = "", deletionTimestamp } = object.metadata;
  return {
    object,
    name,
    namespace,
    uid,
    spec: parsed.spec,
    status: parsed.status,
    deleting: deletionTimestamp !== undefined,
  };
});

const policyOf = perObject((object: KubeObject) => readPolicy(object));
const known = new WeakMap<KubeObject, { from: readonly unknown[]; result: EffectiveResult }>();

/** What a Rollout comes to with the policies that are for it now, or what is wrong with it. Shared: not to be changed. */
export function readRollout(caches: Caches, rollout: KubeObject): EffectiveResult {
  const { namespace = "" } = rollout.metadata;
  const { policies, policyTrouble } = caches;
  if (policyTrouble !== undefined) return withoutPolicies(rollout, policyTrouble);
  const home = policies?.namespaces.get(undefined, namespace);
  const objects =
    policies === undefined
      ? []
      : [...policies.ofCluster.list(), ...policies.ofNamespace.byIndex(BY_NAMESPACE, namespace)];
  // Each pass asks for the same few: made anew only when one of the objects is another one.
  const from = [home, ...objects];
  const last = known.get(rollout);
  if (last !== undefined && last.from.length === from.length && from.every((each, index) => each === last.from[index]))
    return last.result;
  const all = objects.flatMap((object) => policyOf(object) ?? []);
  const result = effectiveRollout(rollout, all, home?.metadata.labels);
  known.set(rollout, { from, result });
  return result;
}

/** By itself alone, and to no new version's users: which limits hold for it is not known. */
function withoutPolicies(rollout: KubeObject, trouble: string): EffectiveResult {
  const alone = effectiveRollout(rollout, []);
  if (!alone.ok) return alone;
  return { ok: true, value: { ...alone.value, policyProblems: [problemAt([], trouble)] } };
}

/** A status that cannot be read counts as none: nothing in it is needed to be safe. Shared: not to be changed. */
export const readRolloutStatus = perObject((rollout: KubeObject): RolloutStatus => {
  const parsed = rolloutStatusSchema.safeParse(rollout["status"] ?? {});
  return parsed.success ? parsed.data : rolloutStatusSchema.parse({});
});
