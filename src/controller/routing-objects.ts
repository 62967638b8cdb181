import type { RolloutSpec } from "../api/rollout.ts";
import type { Pinned, PinnedRoute } from "../api/run.ts";
import type { KubeObject } from "../kube/port.ts";
import { managedRoutes } from "../traffic/http-routes.ts";
import { findDestinationRule, hostOf } from "../traffic/select.ts";
import type { RoutingObjects } from "../traffic/types.ts";
import type { Caches } from "./caches.ts";

/** The routing objects that a run has pinned, as the caches have them. */
export function pinnedObjects(caches: Caches, namespace: string, pinned: Pinned): RoutingObjects {
  const { virtualServices, destinationRule } = pinned.istio;
  return {
    namespace,
    virtualServices: virtualServices.map((route) => caches.virtualServices.get(route.namespace, route.name)),
    destinationRule: caches.destinationRules.get(destinationRule.namespace, destinationRule.name),
  };
}

export type Resolved = { ok: true; pinned: Pinned } | { ok: false; message: string };

/** Pins what a spec names to what is in the cluster now. */
export function resolvePinned(
  caches: Caches,
  apiVersion: string,
  own: KubeObject,
  namespace: string,
  spec: RolloutSpec,
  sizeAtStart: number,
): Resolved {
  const service = resolveService(caches, namespace, spec);
  if (!service.ok) return service;
  const istio = spec.traffic.istio;
  if (istio === undefined) return { ok: false, message: "spec.traffic names no router" };
  const host = hostOf(service.value.name, namespace);
  const routes: Pinned["istio"]["virtualServices"] = [];
  for (const ref of istio.virtualServices) {
    const home = ref.namespace ?? namespace;
    const object = caches.virtualServices.get(home, ref.name);
    const uid = object?.metadata.uid;
    if (object === undefined || uid === undefined)
      return {
        ok: false,
        message: `route-exists: VirtualService ${home}/${ref.name} (spec.traffic.istio.virtualServices) does not exist`,
      };
    const pin = { namespace: home, name: ref.name, uid, routes: ref.routes ?? [] };
    routes.push({ ...pin, routes: namedRoutes(object, pin, host, istio.subsets) });
  }
  const found = findDestinationRule(caches.destinationRules.list(), host, namespace, {
    destinationRule: istio.destinationRule,
    subsets: istio.subsets,
  });
  const rule = istio.destinationRule ?? {
    name: found?.metadata.name ?? service.value.name,
    namespace: found?.metadata.namespace,
  };
  return {
    ok: true,
    pinned: {
      workload: { name: own.metadata.name, uid: own.metadata.uid ?? "" },
      service: service.value,
      sizeAtStart,
      istio: {
        apiVersion,
        virtualServices: routes,
        destinationRule: { namespace: rule.namespace ?? namespace, name: rule.name },
        subsets: istio.subsets,
      },
    },
  };
}

/** The route that was the only one to fit is pinned by its name, where it has one: a second one added later changes nothing. */
function namedRoutes(
  object: KubeObject,
  pin: PinnedRoute,
  host: string,
  subsets: Pinned["istio"]["subsets"],
): string[] {
  if (pin.routes.length > 0) return pin.routes;
  const names = managedRoutes(object, pin, host, subsets).routes.map((route) => route.name);
  return names.every((name) => name !== undefined) ? names : [];
}

type ServicePort = { name: string; port: number };

function resolveService(
  caches: Caches,
  namespace: string,
  spec: RolloutSpec,
): { ok: true; value: ServicePort } | { ok: false; message: string } {
  const name = spec.traffic.service ?? spec.workload.name;
  const service = caches.services.get(namespace, name);
  if (service === undefined)
    return { ok: false, message: `Service ${namespace}/${name} (spec.traffic.service) does not exist` };
  const ports = ((service["spec"] as { ports?: { port: number }[] } | undefined)?.ports ?? []).map((port) => port.port);
  const wanted = spec.traffic.port;
  if (wanted !== undefined && !ports.includes(wanted))
    return {
      ok: false,
      message: `Service ${namespace}/${name} has no port ${wanted} (spec.traffic.port): it has ${ports.join(", ")}`,
    };
  const port = wanted ?? ports[0];
  if (port === undefined) return { ok: false, message: `Service ${namespace}/${name} has no port` };
  if (wanted === undefined && ports.length > 1)
    return {
      ok: false,
      message: `Service ${namespace}/${name} has the ports ${ports.join(", ")}: say which one in spec.traffic.port`,
    };
  return { ok: true, value: { name, port } };
}

/** What the Service selects: the labels that a Service-wide subset has. */
export function selectorOf(caches: Caches, namespace: string, service: string): Readonly<Record<string, string>> {
  const spec = caches.services.get(namespace, service)?.["spec"] as { selector?: Record<string, string> } | undefined;
  return spec?.selector ?? {};
}
