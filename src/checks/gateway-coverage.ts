import type { KubeObject } from "../kube/port.ts";
import { defineCheck, type Problem } from "./define.ts";
import { hostsOverlap } from "./istio/names.ts";
import { foundRoutes } from "./managed-routes.ts";
import { asRecords, asTexts, at, keyIn, keyOf, sentenceList } from "./raw.ts";

export const gatewayCoverage = defineCheck(
  {
    id: "gateway-coverage",
    number: 4,
    title: "The Gateways of a managed VirtualService exist and have one of its hosts.",
    severity: "warn",
    reason:
      "A VirtualService on a Gateway that is not there, or that has none of its hosts (IST0132), gets no request from it: the users whom it was to bring in go another way or none, and the candidate is judged without them.",
    remedy: "Correct spec.gateways (NAMESPACE/NAME, or NAME beside it), or add the host to a server of the Gateway.",
  },
  ({ rollout, virtualServices, gateways }) => {
    if (gateways === undefined) return [];
    const managed = new Map(foundRoutes(rollout, virtualServices).map((each) => [each.key, each.virtualService]));
    return [...managed.values()].flatMap((virtualService) => problemsOf(virtualService, gateways));
  },
);

function problemsOf(virtualService: KubeObject, gateways: readonly KubeObject[]): Problem[] {
  const { namespace = "" } = virtualService.metadata;
  const hosts = asTexts(at(virtualService, "spec", "hosts"));
  return asTexts(at(virtualService, "spec", "gateways")).flatMap((name, index): Problem[] => {
    // A name with dots is one of old, which says its namespace another way.
    if (name === "mesh" || name.includes(".")) return [];
    const place = { kind: "VirtualService", key: keyOf(virtualService), path: `spec.gateways[${index}]` };
    const says = `VirtualService ${keyOf(virtualService)} spec.gateways[${index}]`;
    const key = name.includes("/") ? name : keyIn(namespace, name);
    const gateway = gateways.find((each) => keyOf(each) === key);
    if (gateway === undefined) {
      const [wanted] = key.split("/");
      const beside = gateways.filter(({ metadata }) => metadata.namespace === wanted).map(keyOf);
      // Where none is known of a namespace, its Gateways are kept elsewhere.
      return beside.length === 0
        ? []
        : [{ message: `${says} names Gateway ${key}, and namespace ${wanted} has ${sentenceList(beside)}.`, place }];
    }
    const served = hostsFor(gateway, namespace);
    if (hosts.length === 0 || hosts.some((host) => served.some((other) => hostsOverlap(host, other)))) return [];
    return [
      {
        message: `${says}: no server of Gateway ${key} has a host of spec.hosts (${sentenceList(hosts)}) for namespace ${namespace}; it has ${served.length === 0 ? "none" : sentenceList(served)}.`,
        place,
      },
    ];
  });
}

/** The hosts that VirtualServices of `namespace` may have on it. */
function hostsFor(gateway: KubeObject, namespace: string): string[] {
  return asRecords(at(gateway, "spec", "servers"))
    .flatMap((server) => asTexts(server["hosts"]))
    .flatMap((entry) => {
      const [whose = "*", host] = entry.includes("/") ? entry.split("/") : ["*", entry];
      const own = whose === "." ? gateway.metadata.namespace : whose;
      return host !== undefined && (own === "*" || own === namespace) ? [host] : [];
    });
}
