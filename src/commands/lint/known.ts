import { istioBucketsMs } from "../../analysis/queries.ts";
import { managedService, ruleHost } from "../../checks/destination-rule.ts";
import type { Needs } from "../../checks/lint.ts";
import { keyIn, keyOf } from "../../checks/raw.ts";
import type { CheckWorld, RolloutFacts } from "../../checks/types.ts";
import type { KubeObject } from "../../kube/port.ts";

/** What lint knows of the world: the objects in files, or those of a cluster as far as they could be read. */
export interface Known {
  of(kind: string): readonly KubeObject[];
  beside(kind: string, namespace: string): readonly KubeObject[];
  /** Kinds of which there are no others than those: what is missing then does not exist. */
  complete: ReadonlySet<string>;
  /** What to say of one of another kind that is named and not there, and what to do about it. */
  absent: { says: string; remedy: string };
  trustDomains?: readonly string[] | undefined;
}

const GROUPS: Readonly<Record<string, string>> = {
  Gateway: "networking.istio.io",
  HTTPRoute: "gateway.networking.k8s.io",
  Ingress: "networking.k8s.io",
};

/** Sorted by kind and namespace: each Rollout looks at its own among thousands. */
export function know({ objects, ...rest }: Omit<Known, "of" | "beside"> & { objects: readonly KubeObject[] }): Known {
  const meant = objects.filter(
    ({ apiVersion, kind }) => GROUPS[kind] === undefined || apiVersion.split("/")[0] === GROUPS[kind],
  );
  const byKind = Map.groupBy(meant, ({ kind }) => kind);
  const byNamespace = Map.groupBy(meant, ({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}`);
  return {
    ...rest,
    of: (kind) => byKind.get(kind) ?? [],
    beside: (kind, namespace) => byNamespace.get(`${kind} ${namespace}`) ?? [],
  };
}

/** What the checks look at, for one Rollout. Traffic and pods are not among it: they are preflight's. */
export function worldOf(rollout: RolloutFacts, rollouts: readonly RolloutFacts[], known: Known): CheckWorld {
  const beside = (kind: string) => known.beside(kind, rollout.namespace);
  const deployments = beside("Deployment");
  const own = deployments.find(({ metadata }) => metadata.name === rollout.spec.workload.name);
  return {
    rollout,
    rollouts: rollouts.filter((other) => mayShare(rollout, other)),
    twinName: `${rollout.name}-1`,
    ...(own === undefined ? {} : { workload: own }),
    deployments,
    replicaSets: [],
    services: beside("Service"),
    autoscalers: beside("HorizontalPodAutoscaler"),
    pods: [],
    virtualServices: known.of("VirtualService"),
    destinationRules: known.of("DestinationRule").filter((rule) => concerns(rule, rollout)),
    gateways: known.of("Gateway"),
    authorizationPolicies: known.of("AuthorizationPolicy"),
    peerAuthentications: known.of("PeerAuthentication"),
    serviceAccounts: known.of("ServiceAccount"),
    httpRoutes: known.of("HTTPRoute"),
    ingresses: beside("Ingress"),
    ...(known.trustDomains === undefined ? {} : { trustDomains: known.trustDomains }),
    latencyBoundsMs: istioBucketsMs,
    callersOutsideMesh: [],
    callersInMesh: [],
  };
}

/** Whether a rule is for the Service's host, by name or wildcard, or is the one that the Rollout names. */
function concerns(rule: KubeObject, { namespace, serviceHost, spec }: RolloutFacts): boolean {
  const host = ruleHost(rule, serviceHost);
  const named = spec.traffic.istio?.destinationRule;
  return (
    host === serviceHost ||
    (host.startsWith("*") && serviceHost.endsWith(host.slice(1))) ||
    (named !== undefined && keyIn(named.namespace ?? namespace, named.name) === keyOf(rule))
  );
}

/** Only Rollouts of one namespace, or with a VirtualService in common, can claim the same thing. */
function mayShare(one: RolloutFacts, other: RolloutFacts): boolean {
  const keys = ({ namespace, spec }: RolloutFacts) =>
    (spec.traffic.istio?.virtualServices ?? []).map((ref) => keyIn(ref.namespace ?? namespace, ref.name));
  return one.namespace === other.namespace || keys(one).some((key) => keys(other).includes(key));
}

/** Whether what a check needs is there to be looked at. In plain form the rule may be made by the run. */
export function hasWhat(world: CheckWorld, { complete }: Known): Record<Needs, boolean> {
  const { rollout, destinationRules } = world;
  const routes = complete.has("VirtualService") || missingRoutes(world).length === 0;
  const rule =
    complete.has("DestinationRule") ||
    destinationRules.some((each) => ruleHost(each, rollout.serviceHost) === rollout.serviceHost);
  return {
    nothing: true,
    routes,
    rule: routes && rule,
    service: complete.has("Service") || managedService(world) !== undefined,
    workload: complete.has("Deployment") || world.workload !== undefined,
  };
}

/** The VirtualServices that a Rollout names and that are not known, "namespace/name". */
export function missingRoutes({ rollout, virtualServices }: CheckWorld): string[] {
  const refs = rollout.spec.traffic.istio?.virtualServices ?? [];
  return refs
    .map((ref) => keyIn(ref.namespace ?? rollout.namespace, ref.name))
    .filter((key) => !virtualServices.some((each) => keyOf(each) === key));
}
