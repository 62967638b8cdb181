import { LABEL_RUN } from "../api/metadata.ts";
import type { AsFound, RunSpec, RunStatus } from "../api/run.ts";
import type { OwnFacts, RoutingFacts, RunFacts, TemplateIs } from "../engine/facts.ts";
import { msOf } from "../engine/memory.ts";
import { windowsAt } from "../engine/windows.ts";
import type { KubeObject } from "../kube/port.ts";
import { objectKey } from "../kube/resources.ts";
import { readRouting, recordAsFound, restoreRoutePatches, restoreRulePatches } from "../traffic/istio.ts";
import type { RoutingObjects, RoutingState } from "../traffic/types.ts";
import { gitOpsWriter } from "../traffic/writers.ts";
import { canonicalJson, sameTemplate, templateHash } from "../workload/canonical.ts";
import { findAutoscaler, floorAsFound, restoreFloorPatch } from "../workload/floor.ts";
import { readOwn, type OwnReplicaSet, type OwnState } from "../workload/own.ts";
import { revisionTemplate } from "../workload/revision.ts";
import { isTwinOf } from "../workload/twin.ts";
import type { PodTemplate } from "../workload/types.ts";
import { templateIn } from "./template-in.ts";
import { BY_OWNER, BY_ROLLOUT, BY_RUN, type Caches } from "./caches.ts";
import type { Context } from "./context.ts";
import { ownFacts } from "./observe-own.ts";
import { availableFor, isEdited, leavingFor, twinFacts } from "./observe-twin.ts";
import { readRun } from "./read.ts";
import { isWhole, successorOf } from "./successor.ts";
import { pinnedObjects, selectorOf } from "./routing-objects.ts";

/** A run as it was read: its object, and spec and status with every default. */
export interface ReadRun {
  object: KubeObject;
  name: string;
  namespace: string;
  uid: string;
  spec: RunSpec;
  status: RunStatus;
  deleting: boolean;
}

/** The objects that the facts were read from; what is written is written to these. */
export interface Observed {
  facts: RunFacts;
  objects: RoutingObjects;
  routing: RoutingState;
  own: KubeObject | undefined;
  ownState: OwnState | undefined;
  /** Of the own Deployment's ReplicaSets those with pods, or asked to have some, of revisions that no run has vetted. */
  unvetted: OwnReplicaSet[];
  twin: KubeObject | undefined;
  previousTwin: KubeObject | undefined;
  olderTwins: KubeObject[];
  twinPods: KubeObject[];
}

/** The Deployment that carries the candidate: the run's own, but for a run that only lets the user's catch up. */
export function twinName(spec: RunSpec, runName: string): string {
  return spec.reason === "Converge" ? spec.from.workload : runName;
}

/** Gathers the facts of a run from the caches. No I/O. */
export function observeRun(context: Context, rollout: RunFacts["rollout"], run: ReadRun): Observed {
  const { caches, clock } = context;
  const { namespace, spec, status } = run;
  const objects = pinnedObjects(caches, namespace, spec.pinned);
  const routing = readRouting(spec.pinned, objects);
  const own = ownDeployment(caches, namespace, spec);
  const ownState = own === undefined ? undefined : readOwnState(caches, own, namespace, spec);
  const unvetted = unvettedOf(caches, namespace, spec, ownState);
  const twin = twinNamed(caches, namespace, spec, twinName(spec, run.name));
  const twinPods = caches.pods.byIndex(BY_RUN, objectKey({ namespace, name: twinName(spec, run.name) }));
  const previousName = spec.from.track === "twin" && spec.reason !== "Converge" ? spec.from.workload : undefined;
  const previousTwin = previousName === undefined ? undefined : twinNamed(caches, namespace, spec, previousName);
  const key = objectKey({ namespace, name: spec.rollout });
  const older = olderTwinsOf(caches, key, spec.rollout, [twinName(spec, run.name), previousName]);
  const routingFacts = routingOf(context, key, run, objects, routing);
  const sinceMs = clock.now() - routingFacts.routesForMs;
  const facts: RunFacts = {
    nowMs: clock.now(),
    run: { name: run.name, spec, status, deleting: run.deleting },
    rollout,
    hold: context.hold(),
    own: {
      ...ownFacts(
        own,
        ownState,
        ownState?.template === undefined ? "gone" : templateIs(caches, namespace, spec, ownState.template),
        spec,
        unvetted,
      ),
      ...successorFacts(caches, run),
    },
    twin: twinFacts(twin, twinPods, {
      availableForMs: availableFor(context, `${key} twin`, twin),
      leavingForMs: leavingFor(context, `${key} leaving`, twin, twinPods),
      edited: isEdited(context, twin, templateOf(caches, namespace, spec.to.revision)),
    }),
    previousTwin:
      previousName === undefined
        ? undefined
        : twinFacts(previousTwin, caches.pods.byIndex(BY_RUN, objectKey({ namespace, name: previousName }))),
    olderTwins: { exist: older.twins.length > 0, pods: older.pods.length },
    routing: routingFacts,
    floorRestored: isFloorRestored(caches, run),
    selector: selectorOf(caches, namespace, spec.pinned.service.name),
    asFoundNow: asFoundNow(caches, run, objects),
    window: windowsAt(spec.plan.windows, clock.now()),
    preflight: context.preflight.findings(run.uid),
    evidence: context.evidence.facts(key, status, spec, { percent: routing.maxWeight, sinceMs }),
    lateWritesForMs: context.lateWrites.mayComeForMs(key),
    identity: context.identity,
  };
  return { facts, objects, routing, own, ownState, unvetted, twin, previousTwin, olderTwins: older.twins, twinPods };
}

/** Twins of this Rollout but the ones of these names, and what is left of their pods. */
function olderTwinsOf(
  caches: Caches,
  key: string,
  rollout: string,
  known: readonly (string | undefined)[],
): { twins: KubeObject[]; pods: KubeObject[] } {
  return {
    twins: caches.deployments
      .byIndex(BY_ROLLOUT, key)
      .filter(({ metadata }) => !known.includes(metadata.name))
      .filter((object) => isTwinOf(object, rollout, object.metadata.name)),
    pods: caches.pods.byIndex(BY_ROLLOUT, key).filter(({ metadata }) => !known.includes(metadata.labels?.[LABEL_RUN])),
  };
}

function ownDeployment(caches: Caches, namespace: string, spec: RunSpec): KubeObject | undefined {
  const own = caches.deployments.get(namespace, spec.pinned.workload.name);
  return own?.metadata.uid === spec.pinned.workload.uid && own.metadata.deletionTimestamp === undefined
    ? own
    : undefined;
}

/** A Deployment of somebody else's that has the name is no twin: it is neither scaled nor deleted. */
function twinNamed(caches: Caches, namespace: string, spec: RunSpec, name: string): KubeObject | undefined {
  const object = caches.deployments.get(namespace, name);
  return object !== undefined && isTwinOf(object, spec.rollout, name) ? object : undefined;
}

/** The template of a revision; undefined when its PodTemplate is not (yet) there. */
export function templateOf(caches: Caches, namespace: string, revision: string): PodTemplate | undefined {
  const object = caches.podTemplates.get(namespace, revision);
  return object === undefined ? undefined : revisionTemplate(object);
}

function readOwnState(caches: Caches, own: KubeObject, namespace: string, spec: RunSpec): OwnState {
  const sets = caches.replicaSets.byIndex(BY_OWNER, objectKey(own.metadata));
  const templateFor = (revision: RunSpec["to"]) => templateAmong(caches, namespace, sets, revision);
  return readOwn(own, sets, { live: templateFor(spec.from), candidate: templateFor(spec.to) });
}

/** A foreground deletion takes the PodTemplates first: the ReplicaSets still tell which revision is which. */
export function templateAmong(
  caches: Caches,
  namespace: string,
  sets: readonly KubeObject[],
  { revision, hash }: { revision: string; hash: string },
): PodTemplate | undefined {
  return (
    templateOf(caches, namespace, revision) ?? sets.map(templateIn).find((template) => templateHash(template) === hash)
  );
}

/** A revision whose PodTemplate is not there, after a crash or a foreground deletion, is known by its hash. */
function templateIs(caches: Caches, namespace: string, spec: RunSpec, template: PodTemplate): TemplateIs {
  const is = (revision: RunSpec["to"]) => {
    const kept = templateOf(caches, namespace, revision.revision);
    return kept === undefined ? templateHash(template) === revision.hash : sameTemplate(template, kept);
  };
  return is(spec.to) ? "candidate" : is(spec.from) ? "live" : "other";
}

/** Earlier runs vetted some of the others: in a Deployment that could not catch up pods of older revisions linger. */
function unvettedOf(caches: Caches, namespace: string, spec: RunSpec, state: OwnState | undefined): OwnReplicaSet[] {
  const others = state?.strays.filter((set) => set.revision === "other") ?? [];
  if (others.length === 0) return [];
  const runs = caches.runs.byIndex(BY_ROLLOUT, objectKey({ namespace, name: spec.rollout })).map(readRun);
  const hashes = new Set(
    runs.flatMap((run) => {
      if (run === undefined) return [];
      return run.status.phase === "Promoted" ? [run.spec.from.hash, run.spec.to.hash] : [run.spec.from.hash];
    }),
  );
  const isVetted = ({ name }: { name: string }) => {
    const object = caches.replicaSets.get(namespace, name);
    return object !== undefined && hashes.has(templateHash(templateIn(object)));
  };
  return others.filter((set) => !isVetted(set));
}

function successorFacts(caches: Caches, run: ReadRun): Pick<OwnFacts, "successor"> {
  const own = successorOf(caches, run);
  return own === undefined ? {} : { successor: isWhole(caches, own) ? "whole" : "partly" };
}

function routingOf(
  context: Context,
  key: string,
  run: ReadRun,
  objects: RoutingObjects,
  routing: RoutingState,
): RoutingFacts {
  const { settle, clock } = context;
  const { spec, status } = run;
  const routes = canonicalJson([routing.form, routing.maxWeight, routing.minWeight, routing.problems]);
  const labels = canonicalJson([routing.stable ?? null, routing.canary ?? null]);
  const nowMs = clock.monotonic();
  const asFound: AsFound = status.asFound ?? { routes: [], rule: { existed: false } };
  const touched = status.asFound !== undefined;
  const gitOps = gitOpsWriter(routing.writers);
  const { ruleWriter } = routing;
  const rewritten = ruleWriter !== undefined && (msOf(ruleWriter.time) ?? 0) >= createdMs(run);
  return {
    problems: routing.problems,
    form: routing.form,
    maxWeight: routing.maxWeight,
    minWeight: routing.minWeight,
    stable: routing.stable,
    canary: routing.canary,
    routesRestored: !touched || restoreRoutePatches(spec.pinned, objects, asFound).length === 0,
    ruleRestored: !touched || restoreRulePatches(spec.pinned, objects, asFound).length === 0,
    routesForMs: settle.forMs(`${key} routes`, routes, nowMs),
    labelsForMs: settle.forMs(`${key} labels`, labels, nowMs),
    withdrawMarked: markedSince(routing.withdrawnAt, epochStart(run)),
    lastWriter: routing.writers.toSorted((a, b) => b.time.localeCompare(a.time))[0]?.manager || "somebody",
    ...(rewritten ? { ruleWriter } : {}),
    ...(gitOps === undefined ? {} : { gitOps }),
  };
}

/** When this epoch began by the API server's clock, as far as it is known; managedFields count in whole seconds. */
function epochStart(run: ReadRun): number {
  const created = createdMs(run);
  const since = run.status.epoch === 0 ? created : (msOf(run.status.evidenceSince) ?? created);
  return Math.floor(Math.max(created, since) / 1000) * 1000;
}

function createdMs(run: ReadRun): number {
  return msOf(run.object.metadata.creationTimestamp) ?? 0;
}

function markedSince(withdrawnAt: string | undefined, sinceMs: number): boolean {
  const atMs = msOf(withdrawnAt);
  return atMs !== undefined && atMs >= sinceMs;
}

/** While users are on an earlier run's twin, what that run found is what is put back one day. */
function asFoundNow(caches: Caches, run: ReadRun, objects: RoutingObjects): AsFound {
  const { spec, status, namespace } = run;
  if (status.asFound !== undefined) return status.asFound;
  const autoscaler = autoscalerOf(caches, namespace, spec.pinned.workload.name);
  if (spec.from.track === "twin") {
    const kept = caches.runs.get(namespace, spec.from.workload);
    const earlier = kept === undefined ? undefined : readRun(kept);
    if (earlier?.status.asFound !== undefined) return floorSince(earlier.status.asFound, earlier, autoscaler);
  }
  return {
    ...recordAsFound(spec.pinned, objects),
    ...(autoscaler === undefined ? {} : { scaling: floorAsFound(autoscaler) }),
  };
}

/** The floor stands where the earlier run left it while its users were on its twin, whatever the size is now; or somebody has chosen another. */
function floorSince(asFound: AsFound, earlier: ReadRun, autoscaler: KubeObject | undefined): AsFound {
  const { scaling } = asFound;
  if (scaling === undefined || autoscaler === undefined) return asFound;
  const now = floorAsFound(autoscaler);
  const isOurs = floorBack(autoscaler, scaling, earlier.spec.pinned.sizeAtStart).length > 0;
  return {
    ...asFound,
    scaling: isOurs && typeof now.minReplicas === "number" ? { ...scaling, raisedTo: now.minReplicas } : now,
  };
}

/** Puts the floor back; [] when somebody has chosen another one since it was raised. */
export function floorBack(hpa: KubeObject, found: NonNullable<AsFound["scaling"]>, sizeAtStart: number) {
  return restoreFloorPatch(hpa, found, Math.max(found.minReplicas ?? 1, sizeAtStart));
}

function isFloorRestored(caches: Caches, run: ReadRun): boolean {
  const found = run.status.asFound?.scaling;
  const autoscaler = autoscalerOf(caches, run.namespace, run.spec.pinned.workload.name);
  if (found === undefined || autoscaler?.metadata.name !== found.name || autoscaler.kind !== found.kind) return true;
  return floorBack(autoscaler, found, run.spec.pinned.sizeAtStart).length === 0;
}

export function autoscalerOf(caches: Caches, namespace: string, workload: string): KubeObject | undefined {
  return findAutoscaler(
    [caches.scaledObjects, caches.autoscalers].flatMap(
      (cache) => cache?.list((autoscaler) => autoscaler.metadata.namespace === namespace) ?? [],
    ),
    workload,
  );
}
