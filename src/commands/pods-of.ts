import { LABEL_RUN } from "../api/metadata.ts";
import { ApiError } from "../kube/errors.ts";
import { listAll } from "../kube/list-all.ts";
import type { KubeObject } from "../kube/port.ts";
import { pods } from "../kube/resources.ts";
import type { Where } from "./find-rollout.ts";
import { type PodStanding, podStanding } from "./pod-standing.ts";

/** Pods of a Deployment: those that are not ready first, since they are what one looks for; then by name. Empty where nobody may list them. */
export async function podsOf({ api, namespace }: Where, deployment: KubeObject): Promise<PodStanding[]> {
  const selector = selectorOf(deployment);
  if (selector === undefined) return [];
  try {
    // The own Deployment's selector fits the candidate's Pods too.
    const labelSelector = selector.includes(LABEL_RUN) ? selector : `${selector},!${LABEL_RUN}`;
    const { items } = await listAll(api, pods, { namespace, labelSelector });
    return items.map(podStanding).toSorted((a, b) => Number(a.ready) - Number(b.ready) || a.name.localeCompare(b.name));
  } catch (error) {
    if (error instanceof ApiError && error.code === 403) return [];
    throw error;
  }
}

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** A Deployment's selector as a query takes it; undefined when it has none. */
function selectorOf(deployment: KubeObject): string | undefined {
  const { selector } = (deployment["spec"] ?? {}) as { selector?: Selector };
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const parts = [...labels, ...(selector?.matchExpressions ?? []).map(expression)];
  return parts.length === 0 ? undefined : parts.join(",");
}

function expression({ key, operator, values = [] }: NonNullable<Selector["matchExpressions"]>[number]): string {
  if (operator === "Exists") return key;
  if (operator === "DoesNotExist") return `!${key}`;
  return `${key} ${operator === "In" ? "in" : "notin"} (${values.join(",")})`;
}
