import type { KubeObject } from "../kube/port.ts";
import { managedService } from "./destination-rule.ts";
import { carries } from "./labels.ts";
import { foundRoutes, type ManagedRoute, managedRoutes } from "./managed-routes.ts";
import { asLabels, asRecords, asText, at, keyIn, keyOf } from "./raw.ts";
import type { CheckWorld, Place } from "./types.ts";
import {
  type Destination,
  describeDestination,
  domainOf,
  hostsOf,
  httpRoutes,
  isOnMesh,
  shadowedBy,
  streamDestinations,
} from "./virtual-service.ts";

/** A way to the candidate's pods past the managed routes. */
export interface Leak {
  message: string;
  remedy: string;
  place?: Place;
}

/** Other Services that select the candidate's pods, and the managed one where it is open to the outside itself. */
export function serviceLeaks(world: CheckWorld): Leak[] {
  const managed = managedService(world);
  const template = asLabels(at(world.workload, "spec", "template", "metadata", "labels"));
  const others = world.services
    .filter((service) => service !== managed)
    .filter((service) => {
      const selector = asLabels(at(service, "spec", "selector"));
      return world.workload !== undefined && Object.keys(selector).length > 0 && carries(template, selector);
    })
    .map((service) => ({
      message: `Service ${keyOf(service)} selects the pods of Deployment ${keyIn(world.rollout.namespace, world.rollout.spec.workload.name)} too: who calls it meets the candidate by its share of the pods.`,
      remedy: `Send these callers to Service ${managed === undefined ? world.rollout.serviceHost : keyOf(managed)} and delete it, or narrow its spec.selector.`,
      place: { kind: "Service", key: keyOf(service), path: "spec.selector" },
    }));
  const type = asText(at(managed, "spec", "type")) ?? "ClusterIP";
  if (managed === undefined || (type !== "NodePort" && type !== "LoadBalancer")) return others;
  return [
    {
      message: `Service ${keyOf(managed)} is of spec.type ${type}: callers from outside reach its pods by the nodes' ports, past every route.`,
      remedy: "Set spec.type to ClusterIP and let these callers in by a gateway whose VirtualService is managed.",
      place: { kind: "Service", key: keyOf(managed), path: "spec.type" },
    },
    ...others,
  ];
}

/** Routes of any VirtualService that send to the Service and are not managed. A route to `stable` alone always meets the live version. */
export function virtualServiceLeaks({ rollout, virtualServices }: CheckWorld): Leak[] {
  const domain = domainOf(rollout.serviceHost);
  // Which of several routes is meant, route-exists asks: until that is said none of them is past the managed ones.
  const managed = new Set(
    managedRoutes(rollout, virtualServices).flatMap((each) => {
      const routes = each.kind === "found" ? [each.route] : isUndecided(each) ? each.routes : [];
      return routes.map((route) => `${each.key} ${route.index}`);
    }),
  );
  const reaches = (destination: Destination): boolean =>
    destination.host === rollout.serviceHost && destination.subset !== rollout.spec.traffic.istio?.subsets.stable;
  return virtualServices.flatMap((virtualService) => {
    const key = keyOf(virtualService);
    const remedy = `Add it to the Rollout's spec.traffic.istio.virtualServices (name: ${virtualService.metadata.name}, namespace: ${virtualService.metadata.namespace ?? ""}, and its route by name), or delete it.`;
    const http = httpRoutes(virtualService, domain).flatMap((route) => {
      const sent = managed.has(`${key} ${route.index}`) ? undefined : route.destinations.find(reaches);
      const mirrored = route.mirrors.find(reaches);
      return [
        ...(sent === undefined
          ? []
          : [
              {
                message: `VirtualService ${key} ${route.label} sends to ${describeDestination(sent)} and is not a managed route.`,
                remedy,
                place: { kind: "VirtualService", key, path: `spec.http[${route.index}]` },
              },
            ]),
        ...(mirrored === undefined
          ? []
          : [
              {
                message: `VirtualService ${key} ${route.label} mirrors requests to ${describeDestination(mirrored)}.`,
                remedy: `Mirror to subset ${rollout.spec.traffic.istio?.subsets.stable ?? "stable"}, or not at all while a run lasts.`,
                place: { kind: "VirtualService", key, path: `spec.http[${route.index}]` },
              },
            ]),
      ];
    });
    const streams = streamDestinations(virtualService, domain)
      .filter(({ destination }) => reaches(destination))
      .map(({ label, destination }) => ({
        message: `VirtualService ${key} ${label} sends connections to ${describeDestination(destination)}; Sluice manages http routes only.`,
        remedy: "Route this traffic as HTTP, or send it to another Service.",
        place: { kind: "VirtualService", key, path: label },
      }));
    // Last, since it looks at all of them again.
    const leaks = [...http, ...streams];
    return leaks.length > 0 && isDropped(virtualService, virtualServices, domain) ? [] : leaks;
  });
}

function isUndecided(managed: ManagedRoute): managed is ManagedRoute & { kind: "severalFit" | "sameNameTwice" } {
  return managed.kind === "severalFit" || managed.kind === "sameNameTwice";
}

/** On the mesh alone, and every host taken by an older one: no proxy goes by it. */
function isDropped(virtualService: KubeObject, all: readonly KubeObject[], domain: string): boolean {
  const gateways = at(virtualService, "spec", "gateways");
  if (Array.isArray(gateways) && gateways.some((each) => each !== "mesh")) return false;
  const taken = new Set(shadowedBy(virtualService, all, domain).flatMap(({ hosts }) => hosts));
  const hosts = hostsOf(virtualService, domain);
  return hosts.length > 0 && hosts.every((host) => taken.has(host));
}

export function httpRouteLeaks(world: CheckWorld): Leak[] {
  return (world.httpRoutes ?? []).flatMap((route) =>
    asRecords(at(route, "spec", "rules")).flatMap((rule, index) =>
      asRecords(rule["backendRefs"])
        .filter((ref) => (asText(ref["kind"]) ?? "Service") === "Service")
        .filter((ref) => isService(asText(ref["namespace"]) ?? route.metadata.namespace, ref["name"], world))
        .map(() => ({
          message: `HTTPRoute ${keyOf(route)} spec.rules[${index}].backendRefs sends to Service ${serviceKey(world)}, past the managed routes.`,
          remedy: "Let these users in by a gateway whose VirtualService is managed, and delete the rule.",
          place: { kind: "HTTPRoute", key: keyOf(route), path: `spec.rules[${index}].backendRefs` },
        })),
    ),
  );
}

export function ingressLeaks(world: CheckWorld): Leak[] {
  return (world.ingresses ?? []).flatMap((ingress) => {
    const backends = [
      { field: "spec.defaultBackend", backend: at(ingress, "spec", "defaultBackend") },
      ...asRecords(at(ingress, "spec", "rules")).flatMap((rule, index) =>
        asRecords(at(rule, "http", "paths")).map((path) => ({
          field: `spec.rules[${index}] path ${asText(path["path"]) ?? "/"}`,
          backend: path["backend"],
        })),
      ),
    ];
    return backends
      .filter(({ backend }) => isService(ingress.metadata.namespace, at(backend, "service", "name"), world))
      .map(({ field }) => ({
        message: `Ingress ${keyOf(ingress)} ${field} sends to Service ${serviceKey(world)}, past the managed routes.`,
        remedy:
          "Let these users in by an Istio Gateway whose VirtualService is managed, and delete the Ingress's rule.",
        place: { kind: "Ingress", key: keyOf(ingress), path: field.split(" ")[0] ?? field },
      }));
  });
}

function isService(namespace: string | undefined, name: unknown, world: CheckWorld): boolean {
  return typeof name === "string" && keyIn(namespace ?? "", name) === serviceKey(world);
}

function serviceKey({ rollout }: CheckWorld): string {
  return keyIn(rollout.namespace, rollout.spec.traffic.service ?? rollout.spec.workload.name);
}

/** Whether sidecars that call the Service are sent by a managed route, straight or by a root that delegates to one. */
export function coversMesh({ rollout, virtualServices }: CheckWorld): boolean {
  const domain = domainOf(rollout.serviceHost);
  const managed = new Set(foundRoutes(rollout, virtualServices).map(({ key }) => key));
  return virtualServices.some(
    (each) =>
      isOnMesh(each) &&
      hostsOf(each, domain).includes(rollout.serviceHost) &&
      (managed.has(keyOf(each)) || httpRoutes(each, domain).some((route) => managed.has(route.delegate ?? ""))),
  );
}
