import { istioBucketsMs } from "../analysis/queries.ts";
import type { RolloutSpec } from "../api/rollout.ts";
import type { AccessFacts, CheckWorld, DryRunFacts, PodFacts, RolloutFacts } from "../checks/types.ts";
import { ApiError, isPassing } from "../kube/errors.ts";
import { listAll } from "../kube/list-all.ts";
import { patiently } from "../kube/patient.ts";
import type { KubeObject, Resource } from "../kube/port.ts";
import {
  deployments,
  horizontalPodAutoscalers,
  limitRanges,
  podTemplates,
  replicaSets,
  resourceQuotas,
  selfSubjectAccessReviews,
  pods,
} from "../kube/resources.ts";
import { weightPatches } from "../traffic/istio.ts";
import { hostOf } from "../traffic/select.ts";
import type { Context } from "./context.ts";
import { twinName, type ReadRun } from "./observe.ts";
import { callersOutsideMesh, probeMetrics, type MetricsProbe } from "./probe-metrics.ts";
import { readRollout } from "./read.ts";
import { pinnedObjects, selectorOf } from "./routing-objects.ts";

/** Asks the cluster and Prometheus for everything that preflight looks at. Rejects when the API server does not answer. */
export async function gatherCheckWorld(
  context: Context,
  rollout: KubeObject,
  spec: RolloutSpec,
  run: ReadRun,
  probe: MetricsProbe,
): Promise<CheckWorld> {
  const { caches, api, clock } = context;
  const { namespace } = run;
  const facts = { ...rolloutFacts(rollout, spec), origins: run.spec.plan.origins };
  const workload = caches.deployments.get(namespace, spec.workload.name);
  const liveTwin =
    run.spec.from.track === "twin" ? caches.deployments.get(namespace, run.spec.from.workload) : undefined;
  const inNamespace = (object: KubeObject) => object.metadata.namespace === namespace;
  const optional = async (
    resource: Resource | undefined,
    scope: { namespace?: string } = { namespace },
  ): Promise<KubeObject[] | undefined> => {
    if (resource === undefined) return [];
    try {
      return (await patiently(clock, () => listAll(api, resource, { ...scope, limit: 500 }))).items;
    } catch (error) {
      if (error instanceof ApiError && (error.code === 403 || error.code === 404)) return undefined;
      throw error;
    }
  };
  const served = async (group: string, kind: string) =>
    (await patiently(clock, () => api.discover(group))).find((resource) => resource.kind === kind);
  const [quotas, ranges, routes, ingresses, found, access, dryRun, metrics, outside] = await Promise.all([
    optional(resourceQuotas),
    optional(limitRanges),
    served("gateway.networking.k8s.io", "HTTPRoute").then((resource) => optional(resource, {})),
    served("networking.k8s.io", "Ingress").then((resource) => optional(resource, {})),
    podFacts(context, namespace, run),
    reviewAccess(context, run),
    tryWeights(context, run),
    probeMetrics(probe, context.clock.now(), facts.serviceHost, run.spec.from.workload),
    callersOutsideMesh(probe, context.clock.now(), facts.serviceHost),
  ]);
  return {
    rollout: facts,
    rollouts: caches.rollouts.list().flatMap((other) => {
      const read = readRollout(caches, other);
      return read.ok ? [rolloutFacts(other, read.value.spec)] : [];
    }),
    twinName: twinName(run.spec, run.name),
    ...(workload === undefined ? {} : { workload }),
    ...(liveTwin === undefined ? {} : { liveTwin }),
    deployments: caches.deployments.list(inNamespace),
    replicaSets: caches.replicaSets.list(inNamespace),
    services: caches.services.list(inNamespace),
    pods: found,
    ...(quotas === undefined ? {} : { resourceQuotas: quotas }),
    ...(ranges === undefined ? {} : { limitRanges: ranges }),
    ...(routes === undefined ? {} : { httpRoutes: routes }),
    ...(ingresses === undefined ? {} : { ingresses }),
    virtualServices: caches.virtualServices.list(),
    destinationRules: caches.destinationRules.list(),
    access,
    dryRun,
    ...(metrics === undefined ? {} : { metrics }),
    latencyBoundsMs: istioBucketsMs,
    ...(outside === undefined ? {} : { callersOutsideMesh: outside }),
  };
}

export function rolloutFacts(rollout: KubeObject, spec: RolloutSpec): RolloutFacts {
  const { name, namespace = "", uid = "", creationTimestamp = "" } = rollout.metadata;
  return {
    name,
    namespace,
    uid,
    creationTimestamp,
    spec,
    serviceHost: hostOf(spec.traffic.service ?? spec.workload.name, namespace),
  };
}

async function podFacts(context: Context, namespace: string, run: ReadRun): Promise<PodFacts[]> {
  const selector = selectorOf(context.caches, namespace, run.spec.pinned.service.name);
  const labelSelector = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const { items } = await patiently(context.clock, () =>
    listAll(context.api, pods, { namespace, labelSelector, limit: 500 }),
  );
  return items.map((pod) => ({ name: pod.metadata.name, labels: pod.metadata.labels ?? {}, ready: isReady(pod) }));
}

function isReady(pod: KubeObject): boolean {
  const status = pod["status"] as { conditions?: { type: string; status: string }[] } | undefined;
  return status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
}

/** What a run will ask of the API server before its end; each is looked up before it begins. */
async function reviewAccess(context: Context, run: ReadRun): Promise<AccessFacts[]> {
  const { istio, caches } = context;
  const keda = caches.scaledObjects?.resource;
  const { destinationRule, virtualServices } = run.spec.pinned.istio;
  const ours = (resource: Resource, verbs: readonly string[]) =>
    verbs.map((verb) => ({ verb, resource, namespace: run.namespace }));
  const asked: { verb: string; resource: Resource; namespace: string }[] = [
    ...ours(deployments, ["get", "create", "patch", "delete"]),
    ...ours(replicaSets, ["patch"]),
    ...ours(podTemplates, ["get", "create", "update", "delete"]),
    ...ours(horizontalPodAutoscalers, ["patch"]),
    ...(keda === undefined ? [] : ours(keda, ["patch"])),
    ...["get", "create", "patch", "delete"].map((verb) => ({
      verb,
      resource: istio.destinationRules,
      namespace: destinationRule.namespace,
    })),
    ...[...new Set(virtualServices.map((route) => route.namespace))].flatMap((namespace) =>
      ["get", "patch"].map((verb) => ({ verb, resource: istio.virtualServices, namespace })),
    ),
  ];
  return Promise.all(asked.map(({ verb, resource, namespace }) => review(context, verb, resource, namespace)));
}

async function review(context: Context, verb: string, resource: Resource, namespace: string): Promise<AccessFacts> {
  const { group, plural } = resource;
  const question = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    metadata: { name: "" },
    spec: { resourceAttributes: { verb, group, resource: plural, namespace } },
  };
  const answer = await patiently(context.clock, () =>
    context.api.create(selfSubjectAccessReviews, question, { dryRun: false }),
  );
  const allowed = (answer["status"] as { allowed?: boolean } | undefined)?.allowed === true;
  return { verb, group, resource: plural, namespace, allowed };
}

/** Every planned weight as a dry run, past every admission webhook. */
async function tryWeights(context: Context, run: ReadRun): Promise<DryRunFacts[]> {
  const { pinned, plan } = run.spec;
  const objects = pinnedObjects(context.caches, run.namespace, pinned);
  const weights = [...new Set([0, ...plan.steps.map((step) => step.weight)])];
  const tries = weights.flatMap((weight) =>
    weightPatches(pinned, objects, weight).flatMap((patch) => (patch.kind === "patch" ? [{ weight, patch }] : [])),
  );
  return Promise.all(
    tries.map(async ({ weight, patch }) => {
      const object = `VirtualService ${patch.namespace}/${patch.name}`;
      try {
        const body = { type: "json" as const, operations: patch.operations };
        await patiently(context.clock, () =>
          context.api.patch(context.istio.virtualServices, patch, body, { dryRun: true }),
        );
        return { object, weight };
      } catch (error) {
        // Those say nothing about the weight: the look is taken again.
        if (!(error instanceof ApiError) || isPassing(error)) throw error;
        return { object, weight, error: error.message };
      }
    }),
  );
}
