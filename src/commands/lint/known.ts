import { istioBucketsMs } from "../../analysis/queries.ts";
import { managedService, ruleHost } from "../../checks/destination-rule.ts";
import type { Needs } from "../../checks/lint.ts";
import { keyIn, keyOf } from "../../checks/raw.ts";
import type { CheckWorld, RolloutFacts } from "../../checks/types.ts";
import type { KubeObject } from "../../kube/port.ts";

/** What lint knows of the world: the objects in files, or those of a cluster as far as they could be read. */
export interface Known {
  objects: readonly KubeObject[];
  /** Kinds of which there are no others than those: what is missing then does not exist. */
  complete: ReadonlySet<string>;
  /** What to say of one of another kind that is named and not there, and what to do about it. */
  absent: { says: string; remedy: string };
  trustDomains?: readonly string[];
}

const GROUPS: Readonly<Record<string, string>> = {
  Gateway: "networking.istio.io",
  HTTPRoute: "gateway.networking.k8s.io",
  Ingress: "networking.k8s.io",
};

/** What the checks look at, for one Rollout. Traffic and pods are not among it: they are preflight's. */
export function worldOf(rollout: RolloutFacts, rollouts: readonly RolloutFacts[], known: Known): CheckWorld {
  const ofKind = (kind: string): KubeObject[] =>
    known.objects.filter(
      (object) =>
        object.kind === kind && (GROUPS[kind] === undefined || object.apiVersion.split("/")[0] === GROUPS[kind]),
    );
  const beside = (kind: string) => ofKind(kind).filter(({ metadata }) => metadata.namespace === rollout.namespace);
  const deployments = beside("Deployment");
  const own = deployments.find(({ metadata }) => metadata.name === rollout.spec.workload.name);
  return {
    rollout,
    rollouts,
    twinName: `${rollout.name}-1`,
    ...(own === undefined ? {} : { workload: own }),
    deployments,
    replicaSets: [],
    services: beside("Service"),
    pods: [],
    virtualServices: ofKind("VirtualService"),
    destinationRules: ofKind("DestinationRule"),
    gateways: ofKind("Gateway"),
    authorizationPolicies: ofKind("AuthorizationPolicy"),
    peerAuthentications: ofKind("PeerAuthentication"),
    serviceAccounts: ofKind("ServiceAccount"),
    httpRoutes: ofKind("HTTPRoute"),
    ingresses: ofKind("Ingress"),
    ...(known.trustDomains === undefined ? {} : { trustDomains: known.trustDomains }),
    latencyBoundsMs: istioBucketsMs,
    callersOutsideMesh: [],
    callersInMesh: [],
  };
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
