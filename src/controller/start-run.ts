import { API_VERSION, FIELD_MANAGER, FINALIZER, LABEL_ROLLOUT } from "../api/metadata.ts";
import { isFinal } from "../api/phase.ts";
import type { Effective } from "../api/policy/effective.ts";
import type { RolloutStatus, RunSpec, TrackedRevision } from "../api/run.ts";
import { compilePlan } from "../engine/plan.ts";
import { isAlreadyExists } from "../kube/errors.ts";
import { listAll } from "../kube/list-all.ts";
import type { KubeObject } from "../kube/port.ts";
import { podTemplates } from "../kube/resources.ts";
import { templateHash } from "../workload/canonical.ts";
import { runName } from "../workload/names.ts";
import { ownPodLabels, readOwn } from "../workload/own.ts";
import { revisionObject, revisionTemplate } from "../workload/revision.ts";
import { twinPodLabels } from "../workload/twin.ts";
import type { PodTemplate } from "../workload/types.ts";
import { templateIn } from "./template-in.ts";
import { BY_OWNER } from "./caches.ts";
import type { Context } from "./context.ts";
import { templateOf } from "./observe.ts";
import { readRolloutStatus, readRun } from "./read.ts";
import { rolloutRuns } from "./resources.ts";
import { resolvePinned } from "./routing-objects.ts";
import { objectKey } from "../kube/resources.ts";

export type Started = { ok: true; name: string } | { ok: false; message: string };

/** Begins a run; `previous` is what an undo brings. Creating the object is the commit. Named by one above the highest ordinal that is known: of those that the API server has, not the cache, and of those that are gone. */
export async function startRun(
  context: Context,
  rollout: KubeObject,
  effective: Effective,
  own: KubeObject,
  live: NonNullable<RolloutStatus["live"]>,
  reason: RunSpec["reason"],
  previous?: TrackedRevision,
): Promise<Started> {
  const { namespace = "", name } = rollout.metadata;
  const from = liveRevision(context, namespace, name, own, live);
  if (!from.ok) return from;
  const size = (own["spec"] as { replicas?: number }).replicas ?? 1;
  const resolved = resolvePinned(context.caches, context.istio.apiVersion, own, namespace, effective.spec, size);
  if (!resolved.ok) return resolved;
  const listed = await listRuns(context, rollout);
  const standing = takeOver(context, listed);
  if (standing !== undefined) return { ok: true, name: standing.metadata.name };
  const ordinal = Math.max(...listed.map(ordinalIn), ...namesTaken(rollout, live).map(ordinalOf)) + 1;
  const candidate = runName(name, ordinal);
  const to = candidateOf(reason, name, candidate, { from: from.value, own, previous });
  const run: RunSpec = {
    rollout: name,
    ordinal,
    reason,
    from: from.value,
    to,
    plan: compilePlan(effective, reason),
    pinned: resolved.pinned,
    commands: [],
  };
  try {
    await context.api.create(rolloutRuns, runObject(rollout, candidate, run), { fieldManager: FIELD_MANAGER });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    context.log.info({ run: candidate, namespace }, "the run is there already");
  }
  return { ok: true, name: candidate };
}

function runObject(rollout: KubeObject, name: string, spec: RunSpec): KubeObject {
  const { namespace = "", uid = "" } = rollout.metadata;
  return {
    apiVersion: API_VERSION,
    kind: "RolloutRun",
    metadata: {
      name,
      namespace,
      labels: { [LABEL_ROLLOUT]: rollout.metadata.name },
      finalizers: [FINALIZER],
      ownerReferences: [
        {
          apiVersion: rollout.apiVersion,
          kind: rollout.kind,
          name: rollout.metadata.name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: spec as unknown as Record<string, unknown>,
  };
}

interface RunIds {
  rollout?: string;
  ordinal?: number;
}

/** The Rollout's runs as the API server has them now. */
async function listRuns(context: Context, rollout: KubeObject): Promise<KubeObject[]> {
  const { namespace = "", name } = rollout.metadata;
  const { items } = await listAll(context.api, rolloutRuns, { namespace, limit: 500 });
  return items.filter((item) => (item["spec"] as RunIds | undefined)?.rollout === name);
}

function ordinalIn(run: KubeObject): number {
  return (run["spec"] as RunIds | undefined)?.ordinal ?? 0;
}

/**
 * A run that is there already, and is the one to go on with. The cache may not have seen it yet: it was made by this process, which never
 * got the answer, or by the one before; or it may have seen it only since this pass looked. And of one that has ended unseen the end is
 * to be known first. Another run beside it would be a second release of the same.
 */
function takeOver(context: Context, listed: readonly KubeObject[]): KubeObject | undefined {
  const { runs } = context.caches;
  const unseen = listed.filter(
    ({ metadata }) => runs.get(metadata.namespace, metadata.name)?.metadata.uid !== metadata.uid,
  );
  for (const run of unseen) runs.put(run);
  const standing = listed.filter((run) => unseen.includes(run) || isUnderWay(run));
  return standing.toSorted((a, b) => ordinalIn(b) - ordinalIn(a))[0];
}

function isUnderWay(object: KubeObject): boolean {
  const run = readRun(object);
  return run !== undefined && !isFinal(run.status.phase);
}

/**
 * Of runs that may be gone: the name of a revision must not come to mean two, and a run that was asked for before the newest one was
 * deleted, and that the API server makes late, must not come to stand beside another.
 */
function namesTaken(rollout: KubeObject, live: NonNullable<RolloutStatus["live"]>): string[] {
  const { lastRun, ended } = readRolloutStatus(rollout);
  return [live.revision, lastRun ?? "", ended?.run ?? ""];
}

/** Of the run itself, or of the one that a revision is named after. */
function ordinalOf(name: string): number {
  return Number(/-(\d+)(?:-[0-9a-f]{10})?$/.exec(name)?.[1] ?? 0);
}

interface Candidates {
  from: TrackedRevision;
  own: KubeObject;
  previous: TrackedRevision | undefined;
}

/** An undo brings a revision that is kept already, on a twin of its own. */
function candidateOf(reason: RunSpec["reason"], rollout: string, name: string, of: Candidates): TrackedRevision {
  if (reason === "Converge") return of.from;
  const fresh = candidateRevision(rollout, name, templateIn(of.own));
  if (reason !== "Undo" || of.previous === undefined) return fresh;
  return { ...fresh, revision: of.previous.revision, hash: of.previous.hash };
}

function candidateRevision(rollout: string, name: string, template: PodTemplate): TrackedRevision {
  return {
    track: "twin",
    revision: name,
    hash: templateHash(template),
    podLabels: twinPodLabels(rollout, name),
    workload: name,
  };
}

type LiveRevision = { ok: true; value: TrackedRevision } | { ok: false; message: string };

function liveRevision(
  context: Context,
  namespace: string,
  rollout: string,
  own: KubeObject,
  live: NonNullable<RolloutStatus["live"]>,
): LiveRevision {
  const common = { revision: live.revision, hash: live.hash };
  if (live.track === "twin")
    return {
      ok: true,
      value: { ...common, track: "twin", podLabels: twinPodLabels(rollout, live.workload), workload: live.workload },
    };
  const sets = context.caches.replicaSets.byIndex(BY_OWNER, objectKey(own.metadata));
  // A PodTemplate goes with the Rollout that it was kept for, also when that is made anew: the ReplicaSets still tell.
  const template =
    templateOf(context.caches, namespace, live.revision) ??
    sets.map(templateIn).find((one) => templateHash(one) === live.hash);
  const state = readOwn(own, sets, { live: template });
  if (state.liveReplicaSet === undefined || state.liveAvailable === 0) {
    return {
      ok: false,
      message: `Deployment ${own.metadata.name} has no available pod of the live revision ${live.revision}: there is nothing to go back to`,
    };
  }
  return {
    ok: true,
    value: { ...common, track: "own", podLabels: ownPodLabels(state.liveReplicaSet), workload: own.metadata.name },
  };
}

/** Keeps a template as a revision under this name; one that is there with another template belongs to a run that never began, and is replaced. */
export async function keepRevision(
  context: Context,
  rollout: KubeObject,
  name: string,
  template: PodTemplate,
): Promise<void> {
  const { namespace = "" } = rollout.metadata;
  const object = revisionObject({ name, namespace, rollout: rollout.metadata.name, template, owner: rollout });
  try {
    await context.api.create(podTemplates, object, { fieldManager: FIELD_MANAGER });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const there = await context.api.get(podTemplates, { namespace, name });
    context.caches.podTemplates.put(there);
    if (templateHash(revisionTemplate(there)) === templateHash(template)) return;
    const { resourceVersion, uid } = there.metadata;
    const metadata = {
      ...object.metadata,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(uid === undefined ? {} : { uid }),
    };
    await context.api.replace(podTemplates, { ...object, metadata }, { fieldManager: FIELD_MANAGER });
  }
}
