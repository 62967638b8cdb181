import { defineCheck, type Problem } from "./define.ts";
import { managedRuleKey, ruleHost, rulesFor, serviceName, subsetIn } from "./destination-rule.ts";
import { yamlLabels } from "./labels.ts";
import { foundRoutes, isSplitAtRest } from "./managed-routes.ts";
import { asLabels, asTexts, at, keyOf } from "./raw.ts";
import type { CheckWorld } from "./types.ts";
import { managedService } from "./destination-rule.ts";
import type { KubeObject } from "../kube/port.ts";

export const subsetDefined = defineCheck(
  {
    id: "subset-defined",
    number: 6,
    title:
      "The DestinationRule that Sluice changes is the one that every client goes by, and it defines both subsets where routes name them.",
    severity: "fail",
    reason:
      "A client that is sent to a subset which its DestinationRule does not define gets 503 (NC); one that goes by another rule than ours meets pods that nobody has vetted.",
    remedy:
      "Let one DestinationRule in the Service's namespace define the subsets, and no other namespace have one for this host.",
  },
  (world) => {
    if (world.rollout.spec.traffic.istio === undefined) return [];
    const { key, named } = managedRuleKey(world);
    const managed = world.destinationRules.find((rule) => keyOf(rule) === key);
    const wrongPlace = misplaced(key, named, managed, world);
    return [
      ...(wrongPlace.length > 0 ? wrongPlace : subsetProblems(key, managed, world)),
      ...elsewhere(world),
      ...(managed === undefined ? hiddenByNew(key, world) : narrowExport(managed, world)),
    ];
  },
);

function misplaced(key: string, named: boolean, managed: KubeObject | undefined, { rollout }: CheckWorld): Problem[] {
  const field = named ? " (spec.traffic.istio.destinationRule)" : "";
  if (!key.startsWith(`${rollout.namespace}/`)) {
    return [
      {
        message: `DestinationRule ${key}${field} is not in ${rollout.namespace}, the Service's namespace: only clients in its own namespace go by it.`,
        remedy: `Move it to namespace ${rollout.namespace}.`,
      },
    ];
  }
  if (managed === undefined || ruleHost(managed, rollout.serviceHost) === rollout.serviceHost) return [];
  return [
    {
      message: `DestinationRule ${key}${field} is for spec.host ${ruleHost(managed, rollout.serviceHost)}, not for ${rollout.serviceHost}.`,
      remedy: `Set spec.traffic.istio.destinationRule to a rule whose spec.host is ${rollout.serviceHost}.`,
    },
  ];
}

function subsetProblems(key: string, managed: KubeObject | undefined, world: CheckWorld): Problem[] {
  const { rollout } = world;
  const { stable = "stable", canary = "canary" } = rollout.spec.traffic.istio?.subsets ?? {};
  const split = isSplitAtRest(rollout, world.virtualServices);
  const remedy = `Define both in DestinationRule ${key}, selecting at rest what the Service selects:\n${ruleYaml(world)}`;
  if (managed === undefined) {
    const message = `The routes name subsets ${stable} and ${canary} of ${rollout.serviceHost}, but there is no DestinationRule ${key}.`;
    return split ? [{ message, remedy }] : [];
  }
  const rules = rulesFor(world.destinationRules, rollout.namespace, rollout.serviceHost);
  return [stable, canary].flatMap((name): Problem[] => {
    const subset = subsetIn(rules, name);
    if (subset === undefined) {
      const message = `DestinationRule ${key} does not define subset ${name} in spec.subsets, which the routes name.`;
      return split ? [{ message, remedy }] : [];
    }
    const definer = keyOf(subset.rule);
    if (definer === key) return [];
    return [
      {
        message: `Subset ${name} of ${rollout.serviceHost} is defined by DestinationRule ${definer}, which is older than ${key}: istiod keeps the older definition.`,
        remedy: `Take subset ${name} out of ${definer}, or set spec.traffic.istio.destinationRule.name to ${subset.rule.metadata.name}.`,
      },
    ];
  });
}

/** A client's own namespace comes first in istiod's search, and the first hit wins entirely. */
function elsewhere({ rollout, destinationRules, rootNamespace = "istio-system" }: CheckWorld): Problem[] {
  const namespaces = new Set(destinationRules.map((rule) => rule.metadata.namespace ?? ""));
  return [...namespaces]
    .filter((namespace) => namespace !== rollout.namespace && namespace !== rootNamespace)
    .flatMap((namespace) => rulesFor(destinationRules, namespace, rollout.serviceHost))
    .map((rule) => ({
      message: `DestinationRule ${keyOf(rule)} (spec.host ${ruleHost(rule, rollout.serviceHost)}) is what clients in namespace ${rule.metadata.namespace ?? ""} go by for ${rollout.serviceHost}, in place of any rule in ${rollout.namespace}.`,
      remedy: `Delete DestinationRule ${keyOf(rule)}, or narrow its spec.host so that it does not cover ${rollout.serviceHost}.`,
    }));
}

/** In plain form a rule is made for the run. It would take the place of one that applies by wildcard or from the root namespace. */
function hiddenByNew(key: string, world: CheckWorld): Problem[] {
  const { rollout, destinationRules, rootNamespace = "istio-system" } = world;
  const hidden = [rollout.namespace, rootNamespace].flatMap((namespace) =>
    rulesFor(destinationRules, namespace, rollout.serviceHost),
  )[0];
  if (
    isSplitAtRest(rollout, world.virtualServices) ||
    hidden === undefined ||
    at(hidden, "spec", "trafficPolicy") === undefined
  )
    return [];
  return [
    {
      message: `During a run DestinationRule ${key} will be made for ${rollout.serviceHost} and take the place of ${keyOf(hidden)} (spec.host ${ruleHost(hidden, rollout.serviceHost)}), whose trafficPolicy then no longer applies.`,
      reason:
        "Of all DestinationRules for a host istiod takes the closest one whole: TLS and connection settings of the others are lost.",
      remedy: `Create DestinationRule ${key} with the trafficPolicy of ${keyOf(hidden)}:\n${ruleYaml(world)}`,
    },
  ];
}

function narrowExport(managed: KubeObject, world: CheckWorld): Problem[] {
  const scope = exportScope(managed);
  if (scope.has("*")) return [];
  const routes = new Map(
    foundRoutes(world.rollout, world.virtualServices).map((each) => [each.key, each.virtualService]),
  );
  return [...routes].flatMap(([key, virtualService]): Problem[] => {
    const unseen = [...exportScope(virtualService)].filter((namespace) => !scope.has(namespace));
    if (unseen.length === 0) return [];
    return [
      {
        message: `VirtualService ${key} is exported to ${unseen.map((each) => (each === "*" ? "every namespace" : each)).join(", ")}, but DestinationRule ${keyOf(managed)} is not (spec.exportTo: [${asTexts(at(managed, "spec", "exportTo")).join(", ")}]): clients there would be sent to subsets that they cannot see.`,
        remedy: `Give both the same spec.exportTo.`,
      },
    ];
  });
}

function exportScope(object: KubeObject): Set<string> {
  const exported = asTexts(at(object, "spec", "exportTo"));
  return new Set(
    (exported.length === 0 ? ["*"] : exported).map((each) => (each === "." ? (object.metadata.namespace ?? "") : each)),
  );
}

function ruleYaml(world: CheckWorld): string {
  const subsets = world.rollout.spec.traffic.istio?.subsets;
  const labels = yamlLabels(asLabels(at(managedService(world), "spec", "selector")));
  return [
    "spec:",
    `  host: ${serviceName(world)}`,
    "  subsets:",
    `    - {name: ${subsets?.stable}, labels: ${labels}}`,
    `    - {name: ${subsets?.canary}, labels: ${labels}}`,
  ].join("\n");
}
