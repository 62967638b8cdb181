import type { KubeObject } from "../kube/port.ts";
import { defineCheck, type Problem } from "./define.ts";
import { type PodResources, podResources, type ResourceKind } from "./pod-resources.ts";
import { formatQuantity, parseQuantity } from "./quantity.ts";
import { asRecord, asRecords, asText, asTexts, at, keyOf, plural, type Raw, sentenceList } from "./raw.ts";
import type { CheckWorld } from "./types.ts";
import { candidatePodSpec, fullSize } from "./workload.ts";

export const quota = defineCheck(
  {
    id: "quota",
    number: 36,
    title: "The namespace has room for the candidate at full size beside the live version.",
    severity: "fail",
    reason:
      "At weight 100 the candidate has as many pods as the live version; without room for them the run stops half way, with users on both.",
    remedy: "Raise the ResourceQuota, or lower what the pods ask for.",
  },
  (world) => {
    if (world.workload === undefined) return [];
    const spec = candidatePodSpec(world);
    const pod = podResources(spec, world.limitRanges ?? []);
    const unread = [
      ...(world.resourceQuotas === undefined ? ["ResourceQuotas"] : []),
      ...(world.limitRanges === undefined ? ["LimitRanges"] : []),
    ];
    return [
      ...unread.map((kind) => ({
        severity: "warn" as const,
        message: `The ${kind} of namespace ${world.rollout.namespace} could not be read: whether the candidate fits is not known.`,
        remedy: `Let the controller list ${kind.toLowerCase()}.`,
      })),
      ...(world.resourceQuotas ?? [])
        .filter((each) => applies(each, spec, pod))
        .flatMap((each) => shortages(each, pod, fullSize(world))),
      ...(world.limitRanges ?? []).flatMap((each) => aboveMaximum(each, world)),
    ];
  },
);

/** A quota with scopes counts only the pods that they describe. */
function applies(each: KubeObject, spec: Raw, pod: PodResources): boolean {
  const bestEffort = Object.keys(pod.requests).length === 0 && Object.keys(pod.limits).length === 0;
  const expressions = asRecords(at(each, "spec", "scopeSelector", "matchExpressions"));
  const scopes = [
    ...asTexts(at(each, "spec", "scopes")).map((scopeName): Raw => ({ scopeName, operator: "Exists" })),
    ...expressions,
  ];
  return scopes.every((scope) => {
    switch (scope["scopeName"]) {
      case "Terminating":
        return spec["activeDeadlineSeconds"] !== undefined;
      case "NotTerminating":
        return spec["activeDeadlineSeconds"] === undefined;
      case "BestEffort":
        return bestEffort;
      case "NotBestEffort":
        return !bestEffort;
      case "PriorityClass":
        return hasPriority(scope, asText(spec["priorityClassName"]));
      default:
        return false;
    }
  });
}

function hasPriority(scope: Raw, priority: string | undefined): boolean {
  const values = asTexts(scope["values"]);
  switch (scope["operator"]) {
    case "In":
      return priority !== undefined && values.includes(priority);
    case "NotIn":
      return priority === undefined || !values.includes(priority);
    case "DoesNotExist":
      return priority === undefined;
    default:
      return priority !== undefined;
  }
}

/** "requests.cpu" and its old name "cpu" count the same. */
function counted(resource: string): { kind: ResourceKind; resource: string } | undefined {
  if (["cpu", "memory", "ephemeral-storage"].includes(resource)) return { kind: "requests", resource };
  const [kind, ...rest] = resource.split(".");
  if (kind !== "requests" && kind !== "limits") return undefined;
  const name = rest.join(".");
  return name === "storage" ? undefined : { kind, resource: name };
}

function shortages(each: KubeObject, pod: PodResources, pods: number): Problem[] {
  const hard = asRecord(at(each, "status", "hard") ?? at(each, "spec", "hard"));
  return Object.entries(hard).flatMap(([name, limit]): Problem[] => {
    const target = counted(name);
    const lacking = target === undefined ? [] : pod.lacks(target.kind, target.resource);
    const insists = target !== undefined && ["cpu", "memory"].includes(target.resource);
    if (target !== undefined && insists && lacking.length > 0) {
      return [
        {
          message: `ResourceQuota ${keyOf(each)} limits ${name}, but container ${sentenceList(lacking)} of the new template has no resources.${target.kind}.${target.resource}, and no LimitRange fills it in: its pods are refused.`,
          remedy: `Set resources.${target.kind}.${target.resource} on each container.`,
        },
      ];
    }
    const need = needed(name, target, pod, pods);
    const room = (parseQuantity(limit) ?? 0) - (parseQuantity(at(each, "status", "used", name)) ?? 0);
    // The sums are of decimal fractions; a billionth of a core is no shortage.
    if (need <= room + 1e-9) return [];
    return [
      {
        message: `ResourceQuota ${keyOf(each)} leaves ${formatQuantity(Math.max(0, room))} of ${name} (hard ${String(limit)}, used ${String(at(each, "status", "used", name) ?? 0)}), and the candidate at its full size of ${plural(pods, "pod")} needs ${formatQuantity(need)}.`,
        remedy: `Raise spec.hard["${name}"] of ResourceQuota ${keyOf(each)} by at least ${formatQuantity(need - Math.max(0, room))}.`,
      },
    ];
  });
}

function needed(name: string, target: ReturnType<typeof counted>, pod: PodResources, pods: number): number {
  if (target !== undefined) return (pod[target.kind][target.resource] ?? 0) * pods;
  if (name === "pods" || name === "count/pods") return pods;
  return name === "count/deployments.apps" || name === "count/replicasets.apps" ? 1 : 0;
}

function aboveMaximum(range: KubeObject, world: CheckWorld): Problem[] {
  const items = asRecords(at(range, "spec", "limits")).filter((item) => item["type"] === "Container");
  return items.flatMap((item) =>
    Object.entries(asRecord(item["max"])).flatMap(([resource, maximum]) =>
      asRecords(candidatePodSpec(world)["containers"]).flatMap((container): Problem[] => {
        const limit =
          at(container, "resources", "limits", resource) ?? at(container, "resources", "requests", resource);
        if ((parseQuantity(limit) ?? 0) <= (parseQuantity(maximum) ?? Number.POSITIVE_INFINITY)) return [];
        return [
          {
            message: `LimitRange ${keyOf(range)} allows a container at most ${String(maximum)} of ${resource}, and container ${asText(container["name"]) ?? "?"} of the new template asks for ${String(limit)}: its pods are refused.`,
            remedy: `Raise spec.limits[].max.${resource} of LimitRange ${keyOf(range)}, or lower what the container asks for.`,
          },
        ];
      }),
    ),
  );
}
