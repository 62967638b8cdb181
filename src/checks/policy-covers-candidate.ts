import type { KubeObject } from "../kube/port.ts";
import type { Problem } from "./define.ts";
import { managedService } from "./destination-rule.ts";
import { carries, formatLabels } from "./labels.ts";
import { asLabels, at, keyOf } from "./raw.ts";
import type { CheckWorld } from "./types.ts";

export const COVER_REMEDY =
  "Let spec.selector.matchLabels ask only for what the Deployment's own selector asks for: every version's pods carry that.";

/** Policies that mean the workload and leave out versions of it: the one in its template, or one to come. */
export function leavesOut(world: CheckWorld, policies: readonly KubeObject[] = []): Problem[] {
  const { workload, rollout, rootNamespace = "istio-system" } = world;
  if (workload === undefined) return [];
  return policies
    .filter(({ metadata }) => metadata.namespace === rollout.namespace || metadata.namespace === rootNamespace)
    .flatMap((policy) => problemOf(policy, world, workload));
}

/** A policy that means this workload, by a label that its pods keep, and asks for another that they need not carry. */
function problemOf(policy: KubeObject, world: CheckWorld, workload: KubeObject): Problem[] {
  const asked = asLabels(at(policy, "spec", "selector", "matchLabels"));
  const template = asLabels(at(workload, "spec", "template", "metadata", "labels"));
  const lasting = {
    ...asLabels(at(managedService(world), "spec", "selector")),
    ...asLabels(at(workload, "spec", "selector", "matchLabels")),
  };
  const kept = Object.entries(asked).filter(([key, value]) => lasting[key] === value);
  const passing = Object.entries(asked).filter(([key]) => lasting[key] === undefined);
  if (kept.length === 0 || passing.length === 0 || kept.length + passing.length < Object.keys(asked).length) return [];
  const missed = passing.filter(([key, value]) => template[key] !== value);
  const isAnothers = world.deployments.some(
    (each) => each !== workload && carries(asLabels(at(each, "spec", "template", "metadata", "labels")), asked),
  );
  if (missed.length > 0 && isAnothers) return [];
  const says = `${policy.kind} ${keyOf(policy)} spec.selector asks for ${formatLabels(Object.fromEntries(passing))}`;
  const place = { kind: policy.kind, key: keyOf(policy), path: "spec.selector.matchLabels" };
  if (missed.length === 0)
    return [
      {
        severity: "warn",
        message: `${says}, which neither the Service nor the Deployment's selector asks for: it leaves out the first version whose pods do not carry it.`,
        place,
      },
    ];
  const carried = missed.map(([key]) => `${key}=${template[key] ?? ""}`).join(",");
  return [
    {
      message: `${says}, and the candidate's pods carry ${carried} (spec.template of Deployment ${keyOf(workload)}): it is not for them.`,
      place,
    },
  ];
}
