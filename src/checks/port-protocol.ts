import type { KubeObject } from "../kube/port.ts";
import { defineCheck, type Problem } from "./define.ts";
import { managedService, serviceName } from "./destination-rule.ts";
import { foundRoutes } from "./managed-routes.ts";
import { asNumber, asRecords, asText, at, keyIn, keyOf, type Raw, sentenceList } from "./raw.ts";
import type { CheckWorld } from "./types.ts";

/** https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/ */
const HTTP_PROTOCOLS: readonly string[] = [
  "http",
  "http2",
  "grpc",
  "grpc-web",
  "kubernetes.io/h2c",
  "kubernetes.io/ws",
];

export const portProtocol = defineCheck(
  {
    id: "port-protocol",
    number: 9,
    title: "The Service's port is known to the mesh as HTTP or gRPC, and it is clear which port is meant.",
    severity: "fail",
    reason:
      "Istio applies http routes, and so weights, only to ports that it knows to be HTTP (IST0118); everything else goes past them.",
    remedy: "Set spec.ports[].appProtocol of the Service to http, http2, grpc or grpc-web.",
  },
  (world) => {
    const service = managedService(world);
    if (service === undefined) {
      return [
        {
          message: `Service ${keyIn(world.rollout.namespace, serviceName(world))} does not exist (spec.traffic.service; by default the workload's name).`,
          reason: "Without a Service there is no host that routes could send users to.",
          remedy: "Set spec.traffic.service to the Service that users call.",
        },
      ];
    }
    const ports = asRecords(at(service, "spec", "ports"));
    const asked = world.rollout.spec.traffic.port;
    if (asked === undefined && ports.length > 1) {
      return [
        {
          message: `Service ${keyOf(service)} has ${ports.length} ports, ${sentenceList(ports.map(describePort))}, and spec.traffic.port does not say which one users call.`,
          remedy: `Add to the Rollout:\nspec:\n  traffic:\n    port: ${asNumber((ports.find(isHttp) ?? ports[0])?.["port"]) ?? 80}`,
        },
      ];
    }
    const port = asked === undefined ? ports[0] : ports.find((each) => each["port"] === asked);
    if (port === undefined) {
      return [
        {
          message: `Service ${keyOf(service)} has no port ${asked ?? ""} (spec.traffic.port); it has ${ports.length === 0 ? "none" : sentenceList(ports.map(describePort))}.`,
          remedy: "Correct spec.traffic.port.",
        },
      ];
    }
    return [...(isHttp(port) ? [] : [notHttp(service, port)]), ...destinationPorts(service, ports.length, port, world)];
  },
);

function isHttp(port: Raw): boolean {
  if ((port["protocol"] ?? "TCP") !== "TCP") return false;
  const appProtocol = asText(port["appProtocol"]);
  if (appProtocol !== undefined) return HTTP_PROTOCOLS.includes(appProtocol.toLowerCase());
  const name = (asText(port["name"]) ?? "").toLowerCase();
  return ["http", "http2", "grpc", "grpc-web"].some((prefix) => name === prefix || name.startsWith(`${prefix}-`));
}

function describePort(port: Raw): string {
  const name = asText(port["name"]);
  return `${asNumber(port["port"]) ?? "?"}${name === undefined ? "" : ` (${name})`}`;
}

function notHttp(service: KubeObject, port: Raw): Problem {
  const shown = ["name", "appProtocol", "protocol"]
    .filter((field) => port[field] !== undefined)
    .map((field) => `${field}: ${String(port[field])}`);
  return {
    message: `Port ${describePort(port)} of Service ${keyOf(service)} is not declared as HTTP or gRPC (${shown.length === 0 ? "it has neither a name nor an appProtocol" : shown.join(", ")}).`,
    remedy: `Say what it speaks:\nspec:\n  ports:\n    - port: ${asNumber(port["port"]) ?? 80}\n      appProtocol: http   # or http2, grpc, grpc-web`,
  };
}

/** A destination without a port is refused for a Service of several (IST0112); one with another port sends users elsewhere. */
function destinationPorts(service: KubeObject, portCount: number, port: Raw, world: CheckWorld): Problem[] {
  const number = asNumber(port["port"]);
  return foundRoutes(world.rollout, world.virtualServices).flatMap(({ key, route }) =>
    route.destinations.flatMap((destination, index): Problem[] => {
      const field = `VirtualService ${key} ${route.label} route[${index}].destination.port`;
      if (destination.host !== world.rollout.serviceHost || destination.port === number) return [];
      if (destination.port === undefined && portCount <= 1) return [];
      return [
        {
          message:
            destination.port === undefined
              ? `${field} is missing, and Service ${keyOf(service)} has ${portCount} ports (IST0112).`
              : `${field} is ${destination.port}, but users call port ${number ?? "?"} of Service ${keyOf(service)}.`,
          reason:
            "Requests for a destination whose port cannot be told end at no pod, or at another port than the one that is vetted.",
          remedy: `Set it: port: {number: ${number ?? 80}}.`,
        },
      ];
    }),
  );
}
