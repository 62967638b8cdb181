import type { Pinned, PinnedRoute } from "../api/run.ts";
import type { KubeObject } from "../kube/port.ts";
import { resolveHost } from "./select.ts";
import type { RoutingProblem } from "./types.ts";
import { sharePercent } from "./weights.ts";

/** An entry of `http[].route[]`, as written. */
export interface WrittenDestination {
  destination?: { host?: string; subset?: string; port?: unknown };
  weight?: number;
  [field: string]: unknown;
}

export interface Destination {
  index: number;
  /** What it is to us: one of our two subsets, the whole Service, or something else. */
  role: "stable" | "canary" | "whole" | "other";
  /** Whether it is the Service, by whatever subset. */
  isOurs: boolean;
  written: WrittenDestination;
}

export interface HttpRoute {
  index: number;
  name: string | undefined;
  destinations: Destination[];
  form: "plain" | "split" | "foreign";
  /** Share in percent of the canary subset. */
  canaryPercent: number;
}

export type Subsets = Pinned["istio"]["subsets"];

/** Every http route of a VirtualService with what its destinations are to the Service `host` (in full). */
export function httpRoutes(object: KubeObject, host: string, subsets: Subsets): HttpRoute[] {
  const spec = object["spec"] as { http?: { name?: string; route?: WrittenDestination[] }[] } | undefined;
  const namespace = object.metadata.namespace ?? "";
  return (spec?.http ?? []).map((http, index) => {
    const destinations = (http.route ?? []).map((written, at): Destination => {
      const isOurs = resolveHost(written.destination?.host ?? "", namespace) === host;
      return { index: at, role: isOurs ? roleOf(written, subsets) : "other", isOurs, written };
    });
    return {
      index,
      name: http.name,
      destinations,
      form: formOf(destinations),
      canaryPercent: canaryPercent(destinations),
    };
  });
}

function roleOf(written: WrittenDestination, subsets: Subsets): Destination["role"] {
  const subset = written.destination?.subset ?? "";
  if (subset === "") return "whole";
  if (subset === subsets.stable) return "stable";
  return subset === subsets.canary ? "canary" : "other";
}

function formOf(destinations: readonly Destination[]): HttpRoute["form"] {
  const [first, second, ...more] = destinations;
  if (first === undefined || more.length > 0) return "foreign";
  if (second === undefined)
    return first.role === "whole" && (first.written.weight ?? 100) === 100 ? "plain" : "foreign";
  return [first.role, second.role].toSorted().join() === "canary,stable" ? "split" : "foreign";
}

/** Istio gives everything to a sole destination, whatever its weight; among several, one without a weight gets nothing. */
function canaryPercent(destinations: readonly Destination[]): number {
  if (destinations.length === 1) return destinations[0]?.role === "canary" ? 100 : 0;
  const total = destinations.reduce((sum, each) => sum + (each.written.weight ?? 0), 0);
  const canary = destinations.reduce((sum, each) => sum + (each.role === "canary" ? (each.written.weight ?? 0) : 0), 0);
  return sharePercent(canary, total);
}

/** The routes that a run manages in one VirtualService, and what keeps others from being managed. */
export function managedRoutes(
  object: KubeObject,
  pinned: PinnedRoute,
  host: string,
  subsets: Subsets,
): { routes: HttpRoute[]; problems: RoutingProblem[] } {
  const all = httpRoutes(object, host, subsets);
  const where = `VirtualService ${pinned.namespace}/${pinned.name}`;
  const routes: HttpRoute[] = [];
  const problems: RoutingProblem[] = [];
  const take = (route: HttpRoute) => {
    if (route.form === "foreign")
      problems.push({ kind: "foreign", message: foreignMessage(where, route, host, subsets) });
    else routes.push(route);
  };
  if (pinned.routes.length === 0) {
    const fitting = all.filter(leadsToUs);
    if (fitting.length > 1) {
      const message = `${where} has several http routes to ${host}: ${fitting.map(titleOf).join(", ")}. Name those that carry this service's users in traffic.istio.virtualServices[].routes.`;
      problems.push({ kind: "foreign", message });
    } else if (fitting[0] === undefined) {
      problems.push({ kind: "missing", message: `${where} has no http route to ${host}.` });
    } else take(fitting[0]);
  }
  for (const name of pinned.routes) {
    const [route, ...more] = all.filter((each) => each.name === name);
    if (route === undefined) problems.push({ kind: "missing", message: `${where} has no http route named "${name}".` });
    else if (more.length > 0) {
      const message = `${where} has ${more.length + 1} http routes named "${name}"; give each a name of its own.`;
      problems.push({ kind: "foreign", message });
    } else take(route);
  }
  return { routes, problems };
}

/**
 * The routes whose share for the canary is ours to lower, whatever else is broken: those that are named, even twice; and, when a name
 * is lost or several routes fit, every route that splits between our two subsets, since one of them may be ours renamed.
 */
export function exposedRoutes(object: KubeObject, pinned: PinnedRoute, host: string, subsets: Subsets): HttpRoute[] {
  const all = httpRoutes(object, host, subsets);
  const named =
    pinned.routes.length === 0 ? all.filter(leadsToUs) : all.filter((each) => pinned.routes.includes(each.name ?? ""));
  const certain =
    pinned.routes.length === 0
      ? named.length === 1
      : pinned.routes.every((name) => named.some((each) => each.name === name));
  if (certain) return named;
  const keep = pinned.routes.length === 0 ? [] : named;
  return all.filter((each) => keep.includes(each) || splitsOurs(each));
}

function leadsToUs(route: HttpRoute): boolean {
  return route.destinations.some((each) => each.isOurs);
}

function splitsOurs(route: HttpRoute): boolean {
  const roles = route.destinations.map((each) => each.role);
  return roles.includes("stable") && roles.includes("canary");
}

/** How people call a route: its name in quotes, or its place. */
export function titleOf(route: HttpRoute): string {
  return route.name === undefined ? `http[${route.index}]` : `"${route.name}"`;
}

function foreignMessage(where: string, route: HttpRoute, host: string, subsets: Subsets): string {
  const found = route.destinations.map(({ written }) => {
    const { host: writtenHost = "", subset } = written.destination ?? {};
    return `${writtenHost}${subset === undefined ? "" : ` subset ${subset}`}${written.weight === undefined ? "" : ` weight ${written.weight}`}`;
  });
  const ours = route.destinations.find((each) => each.isOurs)?.written.destination?.host ?? host;
  return [
    `The http route ${titleOf(route)} of ${where} sends users to ${found.join(", ") || "no destination"}.`,
    `Sluice manages a route with one destination, ${ours} without a subset and with all of the weight, or with exactly these two:`,
    `  route:`,
    `  - destination: {host: ${ours}, subset: ${subsets.stable}}`,
    `    weight: 100`,
    `  - destination: {host: ${ours}, subset: ${subsets.canary}}`,
    `    weight: 0`,
  ].join("\n");
}
