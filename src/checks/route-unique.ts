import type { KubeObject } from "../kube/port.ts";
import { defineCheck, type Problem } from "./define.ts";
import { foundRoutes } from "./managed-routes.ts";
import { keyOf, sentenceList } from "./raw.ts";
import { domainOf, hostsOf, isOnMesh, shadowedBy } from "./virtual-service.ts";

export const routeUnique = defineCheck(
  {
    id: "route-unique",
    number: 2,
    title: "No older VirtualService has the same host on the mesh.",
    severity: "fail",
    reason:
      "For one host on the mesh istiod keeps the oldest VirtualService and drops the others without a word (IST0109): our weights would do nothing, and the candidate would be judged on no traffic.",
    remedy:
      "Take the host out of one of the two VirtualServices, or let spec.traffic.istio.virtualServices name the older one.",
  },
  ({ rollout, virtualServices }) => {
    const domain = domainOf(rollout.serviceHost);
    const managed = new Map(foundRoutes(rollout, virtualServices).map((each) => [each.key, each.virtualService]));
    return [...managed.values()].flatMap((virtualService) =>
      virtualService.metadata.creationTimestamp === undefined
        ? rivals(virtualService, virtualServices, domain)
        : shadows(virtualService, virtualServices, domain),
    );
  },
);

function shadows(virtualService: KubeObject, all: readonly KubeObject[], domain: string): Problem[] {
  const key = keyOf(virtualService);
  return shadowedBy(virtualService, all, domain).map(({ by, hosts }) => ({
    message: `VirtualService ${key} is ignored on the mesh for host ${sentenceList(hosts)}: VirtualService ${keyOf(by)}, made ${by.metadata.creationTimestamp ?? "earlier"}, has the same host in spec.hosts and is older (${key}: ${virtualService.metadata.creationTimestamp ?? "unknown"}).`,
    remedy: `Take ${sentenceList(hosts)} out of spec.hosts of ${keyOf(by)}, or move the routes into it and name it in spec.traffic.istio.virtualServices.`,
  }));
}

/** In files nothing has an age yet: one of the two will be dropped, whichever. */
function rivals(virtualService: KubeObject, all: readonly KubeObject[], domain: string): Problem[] {
  if (!isOnMesh(virtualService)) return [];
  const key = keyOf(virtualService);
  const hosts = hostsOf(virtualService, domain);
  return all
    .filter((other) => other !== virtualService && isOnMesh(other))
    .map((other) => ({ other, shared: hostsOf(other, domain).filter((host) => hosts.includes(host)) }))
    .filter(({ shared }) => shared.length > 0)
    .map(({ other, shared }) => ({
      message: `VirtualServices ${key} and ${keyOf(other)} both have host ${sentenceList(shared)} on the mesh, which goes by the older of them alone.`,
      remedy: `Take ${sentenceList(shared)} out of spec.hosts of ${keyOf(other)}, or move the routes into it and name it in spec.traffic.istio.virtualServices.`,
      place: { kind: "VirtualService", key, path: "spec.hosts" },
    }));
}
