import type { Pinned } from "../api/run.ts";
import type { KubeObject } from "../kube/port.ts";
import type { RoutingObjects } from "./types.ts";

export const HOST = "checkout.shop.svc.cluster.local";

/** A run of shop/checkout with one VirtualService; `routes` as in the pin. */
export function pinned(routes: string[] = [], virtualServices = [{ namespace: "shop", name: "checkout" }]): Pinned {
  return {
    workload: { name: "checkout", uid: "own" },
    service: { name: "checkout", port: 80 },
    sizeAtStart: 4,
    istio: {
      apiVersion: "networking.istio.io/v1",
      virtualServices: virtualServices.map((each) => ({ ...each, uid: `uid-${each.name}`, routes })),
      destinationRule: { namespace: "shop", name: "checkout" },
      subsets: { stable: "stable", canary: "canary" },
    },
  };
}

export function virtualService(http: unknown[], name = "checkout", namespace = "shop"): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: "7" },
    spec: { hosts: ["checkout"], http },
  };
}

export function destinationRule(spec: Record<string, unknown>): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: "checkout", namespace: "shop", uid: "uid-rule", resourceVersion: "9" },
    spec: { host: "checkout", ...spec },
  };
}

export function objects(
  virtualServices: readonly (KubeObject | undefined)[],
  rule: KubeObject | undefined = undefined,
): RoutingObjects {
  return { namespace: "shop", virtualServices, destinationRule: rule };
}

/** One http route with these destinations, each `[subset or "", weight]`. */
export function route(
  name: string | undefined,
  ...destinations: [subset: string, weight?: number | undefined, host?: string][]
) {
  return {
    ...(name === undefined ? {} : { name }),
    route: destinations.map(([subset, weight, host = "checkout"]) => ({
      destination: subset === "" ? { host } : { host, subset },
      ...(weight === undefined ? {} : { weight }),
    })),
  };
}

/** The same world after somebody else's write to every object in it. */
export function written(state: RoutingObjects): RoutingObjects {
  const later = structuredClone(state);
  for (const object of [...later.virtualServices, later.destinationRule]) {
    if (object !== undefined) object.metadata.resourceVersion = "99";
  }
  return later;
}

/** The spec of an object that is there, to look into or to edit. */
export function specOf<T = Record<string, unknown>>(object: KubeObject | undefined): T {
  if (object === undefined) throw new Error("the object does not exist");
  return object["spec"] as T;
}

/** `subset:weight` of every destination of every http route, for short expectations. */
export function weightsOf(object: KubeObject | undefined): string[] {
  const spec = specOf<{
    http: { route?: { destination: { host: string; subset?: string }; weight?: number }[] }[];
  }>(object);
  return spec.http.map((http) =>
    (http.route ?? [])
      .map(({ destination, weight }) => `${destination.subset ?? destination.host}:${weight ?? ""}`)
      .join(" "),
  );
}
