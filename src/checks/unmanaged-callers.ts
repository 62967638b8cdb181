import { coversMesh, httpRouteLeaks, ingressLeaks, type Leak, serviceLeaks, virtualServiceLeaks } from "./callers.ts";
import { defineCheck, type Problem } from "./define.ts";
import { plural } from "./raw.ts";
import type { CallerFacts, CheckWorld } from "./types.ts";

export const unmanagedCallers = defineCheck(
  {
    id: "unmanaged-callers",
    number: 41,
    title: "Nobody reaches the Service's pods past the managed routes.",
    severity: "fail",
    reason:
      "Callers that no managed route sends meet the candidate by its share of the pods, whatever the weight says, and a rollback does not take them off it before its pods are gone.",
    remedy:
      "Bring every caller onto a managed route, or set spec.traffic.unmanagedCallers: Accept and so take the exposure on.",
  },
  (world) => {
    const leaks = [
      ...serviceLeaks(world),
      ...virtualServiceLeaks(world),
      ...httpRouteLeaks(world),
      ...ingressLeaks(world),
      ...outsideMesh(world),
      ...inMesh(world),
    ];
    const accepted = world.rollout.spec.traffic.unmanagedCallers === "Accept";
    return [...leaks.map((leak) => (accepted ? exposure(leak) : refusal(leak))), ...unknowns(world)];
  },
);

function refusal({ message, remedy, ...rest }: Leak): Problem {
  return {
    ...rest,
    message,
    remedy: `${remedy} Or accept that these callers meet the candidate: spec.traffic.unmanagedCallers: Accept.`,
  };
}

function exposure({ message, remedy, ...rest }: Leak): Problem {
  return {
    ...rest,
    severity: "warn",
    message: `${message} Accepted by spec.traffic.unmanagedCallers: these callers meet the candidate by its share of the pods, up to half of their requests while it is at full size.`,
    remedy,
  };
}

function outsideMesh({ callersOutsideMesh, rollout }: CheckWorld): Leak[] {
  return (callersOutsideMesh ?? []).filter(hasCalled).map(({ source, requests }) => ({
    message: `${source} sent ${plural(Math.round(requests), "request")} to ${rollout.serviceHost} in the last hour from outside the mesh (istio_requests_total, connection_security_policy="none").`,
    remedy: `Give ${source} a sidecar, so that it goes by the managed routes.`,
  }));
}

/** Without a managed route for this host on the mesh, sidecars send straight to all of the Service's pods. */
function inMesh(world: CheckWorld): Leak[] {
  if (coversMesh(world)) return [];
  return (world.callersInMesh ?? []).filter(hasCalled).map(({ source, requests }) => ({
    message: `${source} sent ${plural(Math.round(requests), "request")} to ${world.rollout.serviceHost} in the last hour from inside the mesh, where no managed VirtualService has that host.`,
    remedy: `Add a VirtualService with hosts: [${world.rollout.serviceHost}] on gateway mesh, and name it in spec.traffic.istio.virtualServices.`,
  }));
}

function hasCalled({ requests }: CallerFacts): boolean {
  return requests > 0;
}

/** What was not looked at is said: silence would read as "nobody". */
function unknowns(world: CheckWorld): Problem[] {
  const unread = [
    ...(world.httpRoutes === undefined ? ["HTTPRoutes"] : []),
    ...(world.ingresses === undefined ? ["Ingresses"] : []),
  ];
  const problems: Problem[] = unread.map((kind) => ({
    severity: "warn",
    message: `${kind} could not be read: whether one of them sends to ${world.rollout.serviceHost} is not known.`,
    remedy: `Let the controller list ${kind.toLowerCase()}, or see for yourself that none names the Service.`,
  }));
  if (world.callersOutsideMesh === undefined) {
    problems.push({
      severity: "warn",
      message: `Whether callers without a sidecar reach ${world.rollout.serviceHost} is not known: no requests of the last hour could be read.`,
      remedy: 'See whether istio_requests_total has rows with connection_security_policy="none" for the Service.',
    });
  }
  if (world.callersInMesh === undefined && !coversMesh(world)) {
    problems.push({
      severity: "warn",
      message: `No managed VirtualService has host ${world.rollout.serviceHost} on gateway mesh, and whether anyone calls it from inside the mesh is not known.`,
      remedy: "If somebody does, add such a VirtualService and name it in spec.traffic.istio.virtualServices.",
    });
  }
  return problems;
}
