import { API_VERSION } from "../metadata.ts";
import type { PolicyKind } from "../rollout.ts";
import { type Effective, effectiveRollout } from "./effective.ts";
import { readPolicy, type ReadPolicy } from "./read.ts";

export const NAMESPACE = "shop";

export function rolloutObject(spec: object = {}, labels: Record<string, string> = {}) {
  const traffic = { istio: { virtualServices: [{ name: "checkout" }] } };
  return {
    apiVersion: API_VERSION,
    kind: "Rollout",
    metadata: { name: "checkout", namespace: NAMESPACE, labels },
    spec: { workload: { name: "checkout" }, traffic, ...spec },
  };
}

function policy(kind: PolicyKind, name: string, spec: object, namespace?: string): ReadPolicy {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  const read = readPolicy({ apiVersion: API_VERSION, kind, metadata, spec });
  if (read === undefined) throw new Error(`${kind} is no policy`);
  return read;
}

/** For every Rollout of the namespace, unless `spec` says otherwise. */
export const team = (name: string, spec: object): ReadPolicy =>
  policy("RolloutPolicy", name, { selector: {}, ...spec }, NAMESPACE);

/** For every namespace, unless `spec` says otherwise. */
export const cluster = (name: string, spec: object): ReadPolicy =>
  policy("ClusterRolloutPolicy", name, { namespaceSelector: {}, ...spec });

export function effective(spec: object, policies: readonly ReadPolicy[]): Effective {
  const result = effectiveRollout(rolloutObject(spec), policies);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}
