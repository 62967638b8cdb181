import type { KubeObject } from "../kube/port.ts";
import { keyIn, keyOf } from "./raw.ts";
import type { RolloutFacts } from "./types.ts";
import { type Destination, domainOf, type HttpRoute, httpRoutes } from "./virtual-service.ts";

/** The forms that a managed route may have (DESIGN "The traffic"); `other` is one that Sluice cannot split. */
export type RouteForm = "plain" | "split" | "other";

export interface FoundRoute {
  kind: "found";
  virtualService: KubeObject;
  route: HttpRoute;
  form: RouteForm;
}

/** What became of one entry of `spec.traffic.istio.virtualServices`. `field` is that entry's path. */
export type ManagedRoute = { key: string; field: string } & (
  | FoundRoute
  | { kind: "noVirtualService" }
  | { kind: "noSuchRoute"; name: string; names: readonly string[] }
  | { kind: "sameNameTwice"; name: string; routes: readonly HttpRoute[] }
  | { kind: "noneFits"; routes: readonly HttpRoute[] }
  | { kind: "severalFit"; routes: readonly HttpRoute[] }
);

/** The http routes that a Rollout's spec names, looked up among `virtualServices`. */
export function managedRoutes(rollout: RolloutFacts, virtualServices: readonly KubeObject[]): ManagedRoute[] {
  return (rollout.spec.traffic.istio?.virtualServices ?? []).flatMap((ref, index): ManagedRoute[] => {
    const place = {
      key: keyIn(ref.namespace ?? rollout.namespace, ref.name),
      field: `spec.traffic.istio.virtualServices[${index}]`,
    };
    const virtualService = virtualServices.find((each) => keyOf(each) === place.key);
    if (virtualService === undefined) return [{ ...place, kind: "noVirtualService" }];
    const routes = httpRoutes(virtualService, domainOf(rollout.serviceHost));
    const found = (route: HttpRoute): ManagedRoute => ({
      ...place,
      kind: "found",
      virtualService,
      route,
      form: formOf(route, rollout),
    });
    if (ref.routes !== undefined) {
      return ref.routes.map((name) => {
        const named = routes.filter((route) => route.name === name);
        const [first, second] = named;
        if (first === undefined) return { ...place, kind: "noSuchRoute", name, names: namesOf(routes) };
        return second === undefined ? found(first) : { ...place, kind: "sameNameTwice", name, routes: named };
      });
    }
    // As the router reads it: whatever leads to the Service counts, in a form that can be split or not.
    const fitting = routes.filter((route) => route.destinations.some((each) => each.host === rollout.serviceHost));
    const [only] = fitting;
    if (only === undefined) return [{ ...place, kind: "noneFits", routes }];
    return fitting.length === 1 ? [found(only)] : [{ ...place, kind: "severalFit", routes: fitting }];
  });
}

export function foundRoutes(
  rollout: RolloutFacts,
  virtualServices: readonly KubeObject[],
): (FoundRoute & { key: string; field: string })[] {
  return managedRoutes(rollout, virtualServices).filter((each) => each.kind === "found");
}

/** Whether the mesh's resting configuration names the subsets: some managed route is in split form. */
export function isSplitAtRest(rollout: RolloutFacts, virtualServices: readonly KubeObject[]): boolean {
  return foundRoutes(rollout, virtualServices).some((each) => each.form === "split");
}

function namesOf(routes: readonly HttpRoute[]): string[] {
  return routes.map((route) => route.name ?? `(${route.label} has no name)`);
}

function formOf(route: HttpRoute, rollout: RolloutFacts): RouteForm {
  const { destinations } = route;
  const subsets = rollout.spec.traffic.istio?.subsets;
  if (!destinations.every((each) => each.host === rollout.serviceHost)) return "other";
  if (destinations.length === 1 && destinations[0]?.subset === undefined) return "plain";
  const has = (subset: string | undefined): boolean =>
    destinations.some((each: Destination) => each.subset !== undefined && each.subset === subset);
  return destinations.length === 2 && has(subsets?.stable) && has(subsets?.canary) ? "split" : "other";
}

/** The YAML of a route in split form, to add to a VirtualService. */
export function splitYaml(rollout: RolloutFacts, host: string, routeName: string): string {
  const { stable, canary } = rollout.spec.traffic.istio?.subsets ?? { stable: "stable", canary: "canary" };
  const port = rollout.spec.traffic.port === undefined ? "" : `, port: {number: ${rollout.spec.traffic.port}}`;
  return [
    "spec:",
    "  http:",
    `    - name: ${routeName}`,
    "      route:",
    `        - destination: {host: ${host}, subset: ${stable}${port}}`,
    "          weight: 100",
    `        - destination: {host: ${host}, subset: ${canary}${port}}`,
    "          weight: 0",
  ].join("\n");
}
