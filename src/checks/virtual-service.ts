import type { KubeObject } from "../kube/port.ts";
import { asNumber, asRecord, asRecords, asText, asTexts, at, isOlder, keyIn } from "./raw.ts";

/** What the checks need to know of a VirtualService. https://istio.io/latest/docs/reference/config/networking/virtual-service/ */

export interface Destination {
  /** FQDN. */
  host: string;
  subset?: string;
  port?: number;
  /** As written; absent when it is not. */
  weight?: number;
}

export interface HttpRoute {
  index: number;
  name?: string;
  /** `spec.http[2] "main"`. */
  label: string;
  destinations: readonly Destination[];
  mirrors: readonly Destination[];
  /** "namespace/name" of the VirtualService that this route is left to. */
  delegate?: string;
}

/** "cluster.local" of "checkout.shop.svc.cluster.local". */
export function domainOf(serviceHost: string): string {
  return serviceHost.split(".svc.")[1] ?? "cluster.local";
}

/**
 * A host as istiod reads it: a name without a dot is a Service beside the object that names it; everything else is taken as it is,
 * so "checkout.shop" is no Service at all.
 */
export function fullHost(host: string, namespace: string, domain: string): string {
  return host === "*" || host === "" || host.includes(".") ? host : `${host}.${namespace}.svc.${domain}`;
}

export function httpRoutes(virtualService: KubeObject, domain: string): HttpRoute[] {
  const namespace = virtualService.metadata.namespace ?? "";
  return asRecords(at(virtualService, "spec", "http")).map((raw, index) => {
    const name = asText(raw["name"]);
    const mirrors = [raw["mirror"], ...asRecords(raw["mirrors"]).map((each) => each["destination"])];
    const delegate = asText(at(raw, "delegate", "name"));
    return {
      index,
      ...(name === undefined ? {} : { name }),
      label: `spec.http[${index}]${name === undefined ? "" : ` "${name}"`}`,
      destinations: asRecords(raw["route"]).map((each) =>
        readDestination(each["destination"], each["weight"], namespace, domain),
      ),
      mirrors: mirrors
        .filter((each) => at(each, "host") !== undefined)
        .map((each) => readDestination(each, undefined, namespace, domain)),
      ...(delegate === undefined
        ? {}
        : { delegate: keyIn(asText(at(raw, "delegate", "namespace")) ?? namespace, delegate) }),
    };
  });
}

/** Destinations of `spec.tls` and `spec.tcp`, each with the field that names it. */
export function streamDestinations(
  virtualService: KubeObject,
  domain: string,
): { label: string; destination: Destination }[] {
  const namespace = virtualService.metadata.namespace ?? "";
  return ["tls", "tcp"].flatMap((kind) =>
    asRecords(at(virtualService, "spec", kind)).flatMap((raw, index) =>
      asRecords(raw["route"]).map((each) => ({
        label: `spec.${kind}[${index}]`,
        destination: readDestination(each["destination"], each["weight"], namespace, domain),
      })),
    ),
  );
}

function readDestination(raw: unknown, rawWeight: unknown, namespace: string, domain: string): Destination {
  const { host, subset } = asRecord(raw);
  const port = asNumber(at(raw, "port", "number"));
  const weight = asNumber(rawWeight);
  return {
    host: fullHost(asText(host) ?? "", namespace, domain),
    ...(typeof subset === "string" && subset !== "" ? { subset } : {}),
    ...(port === undefined ? {} : { port }),
    ...(weight === undefined ? {} : { weight }),
  };
}

/** "checkout.shop.svc.cluster.local subset canary weight 10", for messages. */
export function describeDestination(destination: Destination): string {
  const subset = destination.subset === undefined ? "" : ` subset ${destination.subset}`;
  return `${destination.host}${subset}${destination.weight === undefined ? "" : ` weight ${destination.weight}`}`;
}

/** The FQDNs that it routes. A delegate has none. */
export function hostsOf(virtualService: KubeObject, domain: string): readonly string[] {
  const namespace = virtualService.metadata.namespace ?? "";
  return asTexts(at(virtualService, "spec", "hosts")).map((host) => fullHost(host, namespace, domain));
}

/** Whether sidecars go by it: `gateways` left out means the mesh. */
export function isOnMesh(virtualService: KubeObject): boolean {
  const gateways = asTexts(at(virtualService, "spec", "gateways"));
  return gateways.length === 0 || gateways.includes("mesh");
}

/**
 * The VirtualServices that sidecars go by in place of this one, each with the hosts that it takes: for one host on the mesh istiod
 * keeps the oldest and drops the others (IST0109).
 */
export function shadowedBy(
  virtualService: KubeObject,
  all: readonly KubeObject[],
  domain: string,
): { by: KubeObject; hosts: string[] }[] {
  if (!isOnMesh(virtualService)) return [];
  const hosts = hostsOf(virtualService, domain);
  return all
    .filter((other) => isOnMesh(other) && isOlder(other, virtualService))
    .map((by) => ({ by, hosts: hostsOf(by, domain).filter((host) => hosts.includes(host)) }))
    .filter((shadow) => shadow.hosts.length > 0);
}
