import type { KubeObject } from "../kube/port.ts";

/** The name by which the mesh knows a Service: `checkout.shop.svc.cluster.local`. */
export function hostOf(service: string, namespace: string): string {
  return `${service}.${namespace}.svc.cluster.local`;
}

/**
 * A host as a rule in `namespace` means it. Istio completes names without a dot only, and from the namespace of the object that
 * says them; `checkout.shop` is a host of its own there, not short for anything.
 */
export function resolveHost(host: string, namespace: string): string {
  return host.includes(".") ? host : hostOf(host, namespace);
}

interface RuleSpec {
  host?: string;
  subsets?: { name: string }[];
}

/** The host that a DestinationRule is for, in full. */
export function ruleHost(rule: KubeObject): string {
  return resolveHost((rule["spec"] as RuleSpec | undefined)?.host ?? "", rule.metadata.namespace ?? "");
}

export interface RuleChoice {
  destinationRule?: { name: string; namespace?: string | undefined } | undefined;
  subsets: { stable: string; canary: string };
}

/**
 * The DestinationRule to work on: the one that the spec names, else one for `host` in `namespace` (the Service's). Istio merges rules
 * for one host oldest first and the first definition of a subset wins, so of several the oldest that defines one of our subsets is
 * taken, else the oldest. Undefined: there is none yet. Rules for wildcard hosts never fit, see `hiddenRules`.
 */
export function findDestinationRule(
  rules: readonly KubeObject[],
  host: string,
  namespace: string,
  spec: RuleChoice,
): KubeObject | undefined {
  const named = spec.destinationRule;
  if (named !== undefined) {
    const home = named.namespace ?? namespace;
    return rules.find((rule) => rule.metadata.name === named.name && rule.metadata.namespace === home);
  }
  const fitting = rules
    .filter((rule) => rule.metadata.namespace === namespace && ruleHost(rule) === host)
    .toSorted(oldestFirst);
  return fitting.find((rule) => defines(rule, spec.subsets)) ?? fitting[0];
}

/**
 * Rules for a wildcard host in `namespace` that hold for `host` now, and would no longer once a rule for `host` itself is made: Istio
 * takes the most specific rule and nothing of the others. Their trafficPolicy (often TLS) would be lost, so preflight must refuse.
 */
export function hiddenRules(rules: readonly KubeObject[], host: string, namespace: string): KubeObject[] {
  return rules.filter((rule) => {
    const pattern = ruleHost(rule);
    return (
      rule.metadata.namespace === namespace &&
      pattern.startsWith("*") &&
      host !== pattern &&
      host.endsWith(pattern.slice(1))
    );
  });
}

function defines(rule: KubeObject, subsets: RuleChoice["subsets"]): boolean {
  const names = ((rule["spec"] as RuleSpec | undefined)?.subsets ?? []).map((subset) => subset.name);
  return names.includes(subsets.stable) || names.includes(subsets.canary);
}

function oldestFirst(a: KubeObject, b: KubeObject): number {
  const byAge = (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? "");
  return byAge === 0 ? a.metadata.name.localeCompare(b.metadata.name) : byAge;
}

/** The subsets of `host` that anything in these VirtualServices names: routes of every protocol, and mirrors. */
export function namedSubsets(virtualServices: readonly (KubeObject | undefined)[], host: string): Set<string> {
  const names = new Set<string>();
  for (const object of virtualServices) {
    if (object !== undefined) collectSubsets(object["spec"], object.metadata.namespace ?? "", host, names);
  }
  return names;
}

function collectSubsets(value: unknown, namespace: string, host: string, into: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  const { host: written, subset } = value as { host?: unknown; subset?: unknown };
  if (typeof written === "string" && typeof subset === "string" && resolveHost(written, namespace) === host)
    into.add(subset);
  for (const member of Object.values(value)) collectSubsets(member, namespace, host, into);
}
