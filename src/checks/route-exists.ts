import { ANNOTATION_ALLOW_FROM } from "../api/metadata.ts";
import type { KubeObject } from "../kube/port.ts";
import { defineCheck, type Problem } from "./define.ts";
import { serviceName } from "./destination-rule.ts";
import { type ManagedRoute, managedRoutes, splitYaml } from "./managed-routes.ts";
import { sentenceList } from "./raw.ts";
import type { CheckWorld } from "./types.ts";
import { describeDestination, type HttpRoute } from "./virtual-service.ts";

export const routeExists = defineCheck(
  {
    id: "route-exists",
    number: 1,
    title: "Every managed http route exists, in a form that can be split.",
    severity: "fail",
    reason:
      "Weights can only be written into a route that is there and that sends to this Service and to nothing else.",
    remedy:
      "Name the http routes in spec.traffic.istio.virtualServices[].routes, each with one destination without a subset (plain form) or with the stable and the canary subset (split form).",
  },
  (world) => {
    const routes = managedRoutes(world.rollout, world.virtualServices);
    const objects = new Map(routes.flatMap((each) => (each.kind === "found" ? [[each.key, each]] : [])));
    return [
      ...routes.flatMap((each) => problemOf(each, world)),
      ...[...objects.values()].flatMap((each) => notAllowed(each.key, each.virtualService, world)),
    ];
  },
);

function problemOf(managed: ManagedRoute, world: CheckWorld): Problem[] {
  const { rollout } = world;
  const virtualService = `VirtualService ${managed.key}`;
  const yaml = (name: string): string => splitYaml(rollout, hostToWrite(managed.key, world), name);
  switch (managed.kind) {
    case "noVirtualService":
      return [
        {
          message: `${virtualService}, named in ${managed.field}, does not exist.`,
          remedy: `Create it, or correct ${managed.field}. Its http route needs one destination, ${rollout.serviceHost}, without a subset; or:\n${yaml("main")}`,
        },
      ];
    case "noSuchRoute":
      return [
        {
          message: `${virtualService} has no http route named "${managed.name}" (${managed.field}.routes); it has ${managed.names.length === 0 ? "none" : sentenceList(managed.names)}.`,
          remedy: `Correct ${managed.field}.routes, or name the route:\n${yaml(managed.name)}`,
        },
      ];
    case "sameNameTwice":
      return [
        {
          message: `${virtualService} has more than one http route named "${managed.name}" (${managed.field}.routes), so which one is meant cannot be told.`,
          remedy: "Give each http route a name of its own.",
        },
      ];
    case "severalFit":
      return [
        {
          message: `${virtualService} has ${managed.routes.length} http routes that send to ${rollout.serviceHost} (${sentenceList(managed.routes.map((route) => route.label))}), and ${managed.field} does not say which are meant.`,
          remedy: `Name them: ${managed.field}.routes: [${managed.routes.map((route) => route.name ?? "(give it a name)").join(", ")}].`,
        },
      ];
    case "noneFits":
      return [
        {
          message: `${virtualService} has no http route that sends to ${rollout.serviceHost} alone: ${managed.routes.length === 0 ? "spec.http is empty" : managed.routes.map(describeRoute).join("; ")}.`,
          remedy: delegateRemedy(managed.routes[0], managed.field) ?? `Add or change a route:\n${yaml("main")}`,
        },
      ];
    case "found":
      return managed.form === "other"
        ? [
            {
              message: `${virtualService} ${describeRoute(managed.route)}: that is neither one destination ${rollout.serviceHost} without a subset nor its two subsets.`,
              remedy:
                delegateRemedy(managed.route, managed.field) ??
                `Change the route to:\n${yaml(managed.route.name ?? "main")}`,
            },
          ]
        : [];
  }
}

function describeRoute(route: HttpRoute): string {
  if (route.delegate !== undefined) return `${route.label} delegates to VirtualService ${route.delegate}`;
  const destinations = route.destinations.map(describeDestination);
  return `${route.label} sends to ${destinations.length === 0 ? "no destination" : sentenceList(destinations)}`;
}

/** The root of a delegation has no weights of its own. */
function delegateRemedy(route: HttpRoute | undefined, field: string): string | undefined {
  if (route?.delegate === undefined) return undefined;
  const [namespace, name] = route.delegate.split("/");
  return `Manage the delegate, which holds the destinations: set ${field} to {name: ${name ?? ""}, namespace: ${namespace ?? ""}}.`;
}

/** A name without a dot means a Service of the VirtualService's own namespace. */
function hostToWrite(virtualServiceKey: string, world: CheckWorld): string {
  return virtualServiceKey.startsWith(`${world.rollout.namespace}/`) ? serviceName(world) : world.rollout.serviceHost;
}

function notAllowed(key: string, virtualService: KubeObject, { rollout }: CheckWorld): Problem[] {
  const namespace = virtualService.metadata.namespace ?? "";
  const allowed = (virtualService.metadata.annotations?.[ANNOTATION_ALLOW_FROM] ?? "")
    .split(",")
    .map((each) => each.trim());
  if (namespace === rollout.namespace || allowed.includes(rollout.namespace)) return [];
  return [
    {
      message: `VirtualService ${key} is in another namespace and does not allow Rollouts of ${rollout.namespace}: its annotation ${ANNOTATION_ALLOW_FROM} ${virtualService.metadata.annotations?.[ANNOTATION_ALLOW_FROM] === undefined ? "is missing" : `is "${allowed.join(", ")}"`}.`,
      reason: "Without its owners' consent, whoever may write a Rollout could redirect another team's users.",
      remedy: `Ask the owners of namespace ${namespace} to add to it:\nmetadata:\n  annotations:\n    ${ANNOTATION_ALLOW_FROM}: ${[...allowed, rollout.namespace].filter((each) => each !== "").join(",")}`,
    },
  ];
}
