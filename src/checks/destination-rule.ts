import type { KubeObject } from "../kube/port.ts";
import type { Labels } from "./labels.ts";
import { asLabels, asRecords, asText, at, isOlder, keyIn, keyOf } from "./raw.ts";
import type { CheckWorld } from "./types.ts";
import { domainOf, fullHost } from "./virtual-service.ts";

/** What the checks need to know of a DestinationRule. https://istio.io/latest/docs/reference/config/networking/destination-rule/ */

export interface Subset {
  name: string;
  labels: Labels;
  rule: KubeObject;
}

export function ruleHost(rule: KubeObject, serviceHost: string): string {
  return fullHost(asText(at(rule, "spec", "host")) ?? "", rule.metadata.namespace ?? "", domainOf(serviceHost));
}

/** The rules of one namespace for a host, oldest first: those that name it, else those of the longest wildcard that covers it. */
export function rulesFor(rules: readonly KubeObject[], namespace: string, serviceHost: string): KubeObject[] {
  const covering = rules
    .filter((rule) => (rule.metadata.namespace ?? "") === namespace)
    .map((rule) => ({ rule, host: ruleHost(rule, serviceHost) }))
    .filter(({ host }) => host === serviceHost || (host.startsWith("*") && serviceHost.endsWith(host.slice(1))));
  const best = covering.some(({ host }) => host === serviceHost)
    ? serviceHost
    : covering.map(({ host }) => host).toSorted((a, b) => b.length - a.length)[0];
  return covering
    .filter(({ host }) => host === best)
    .map(({ rule }) => rule)
    .toSorted((a, b) => (isOlder(a, b) ? -1 : 1));
}

/** The subset that a client meets: rules for one host in one namespace are merged, and the oldest definition of a name stands. */
export function subsetIn(rules: readonly KubeObject[], name: string): Subset | undefined {
  for (const rule of rules) {
    const raw = asRecords(at(rule, "spec", "subsets")).find((each) => each["name"] === name);
    if (raw !== undefined) return { name, labels: asLabels(raw["labels"]), rule };
  }
  return undefined;
}

/**
 * The rule that a Rollout changes, "namespace/name": the one it names, else of those for the Service's host the oldest that defines one
 * of the subsets, else the oldest, else one to be made that is named like the Service.
 */
export function managedRuleKey(world: CheckWorld): { key: string; named: boolean } {
  const { rollout } = world;
  const istio = rollout.spec.traffic.istio;
  const named = istio?.destinationRule;
  if (named !== undefined) return { key: keyIn(named.namespace ?? rollout.namespace, named.name), named: true };
  const rules = rulesFor(world.destinationRules, rollout.namespace, rollout.serviceHost).filter(
    (rule) => ruleHost(rule, rollout.serviceHost) === rollout.serviceHost,
  );
  const names = [istio?.subsets.stable, istio?.subsets.canary];
  const chosen = rules.find((rule) => names.some((name) => subsetIn([rule], name ?? "") !== undefined)) ?? rules[0];
  return { key: chosen === undefined ? keyIn(rollout.namespace, serviceName(world)) : keyOf(chosen), named: false };
}

export function serviceName({ rollout }: CheckWorld): string {
  return rollout.spec.traffic.service ?? rollout.spec.workload.name;
}

export function managedService(world: CheckWorld): KubeObject | undefined {
  return world.services.find((service) => service.metadata.name === serviceName(world));
}
