import type { KubeObject } from "../kube/port.ts";
import { resolveHost } from "./hosts.ts";
import { at, isFields, items, type Fields } from "./json.ts";

/** What of a request a route can be chosen by. */
export interface RequestShape {
  /** Full host that is called. */
  host: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  /** "mesh", or "namespace/name" of the Gateway that it came in by. */
  gateway: string;
}

export interface Target {
  host: string;
  subset: string | undefined;
  weight: number;
}

function stringMatches(match: unknown, value: string): boolean {
  if (!isFields(match)) return true;
  const { exact, prefix, regex } = match as { exact?: string; prefix?: string; regex?: string };
  if (exact !== undefined) return value === exact;
  if (prefix !== undefined) return value.startsWith(prefix);
  return regex === undefined || new RegExp(`^(?:${regex})$`).test(value);
}

function conditionMatches(condition: Fields, request: RequestShape): boolean {
  const headers = isFields(condition["headers"]) ? condition["headers"] : {};
  const uri = stringMatches(condition["uri"], request.path);
  return (
    uri &&
    Object.keys(headers).every(
      (name) => name in request.headers && stringMatches(headers[name], request.headers[name] ?? ""),
    )
  );
}

function gatewaysOf(service: KubeObject): string[] {
  const gateways = at(service, "spec", "gateways") as string[] | undefined;
  if (!gateways || gateways.length === 0) return ["mesh"];
  return gateways.map((name) =>
    name === "mesh" || name.includes("/") ? name : `${service.metadata.namespace}/${name}`,
  );
}

/** Whether a VirtualService speaks for this request's host and gateway. */
export function speaksFor(service: KubeObject, request: Pick<RequestShape, "host" | "gateway">): boolean {
  if (!gatewaysOf(service).includes(request.gateway)) return false;
  const hosts = (at(service, "spec", "hosts") ?? []) as string[];
  return hosts.some((host) => {
    if (host.startsWith("*")) return request.host.endsWith(host.slice(1));
    return host === request.host || resolveHost(host, service.metadata.namespace ?? "") === request.host;
  });
}

/**
 * Where the first http route that matches sends a request; undefined when none does (Envoy answers 404). In the mesh the oldest
 * VirtualService alone speaks for a host; at a gateway all of them do, in order of age.
 */
export function routeTargets(services: readonly KubeObject[], request: RequestShape): Target[] | undefined {
  const byAge = services.toSorted(
    (a, b) =>
      String(a.metadata.creationTimestamp).localeCompare(String(b.metadata.creationTimestamp)) ||
      a.metadata.name.localeCompare(b.metadata.name),
  );
  for (const service of request.gateway === "mesh" ? byAge.slice(0, 1) : byAge) {
    for (const http of items(at(service, "spec", "http"))) {
      const conditions = items(http["match"]);
      if (conditions.length > 0 && !conditions.some((condition) => conditionMatches(condition, request))) continue;
      return targetsOf(http, service.metadata.namespace ?? "");
    }
  }
  return undefined;
}

/** A sole destination gets everything, whatever its weight; among several, one without a weight gets nothing. */
function targetsOf(http: Fields, namespace: string): Target[] {
  const routes = items(http["route"]);
  return routes
    .map((route) => ({
      host: resolveHost(String(at(route, "destination", "host") ?? ""), namespace),
      subset: (at(route, "destination", "subset") as string | undefined) || undefined,
      weight: routes.length === 1 ? 100 : Number(route["weight"] ?? 0),
    }))
    .filter(({ weight }) => weight > 0);
}
