import { FIELD_MANAGER, FINALIZER } from "../api/metadata.ts";
import { isFinal } from "../api/phase.ts";
import type { Effective } from "../api/policy/effective.ts";
import { formatProblem } from "../api/problem.ts";
import type { RolloutStatus } from "../api/run.ts";
import { restStanding, runStanding, type Standing } from "../engine/conditions.ts";
import { decideRest, type RestDecision, type RestFacts } from "../engine/rest.ts";
import { wasLive } from "../engine/was-live.ts";
import type { KubeObject } from "../kube/port.ts";
import { deployments, objectKey } from "../kube/resources.ts";
import { templateHash } from "../workload/canonical.ts";
import { adoptPatch, heldBy, pausePatch, releasePatch } from "../workload/hold.ts";
import { specReplicas } from "../workload/fields.ts";
import { runName } from "../workload/names.ts";
import { readOwn, type OwnState } from "../workload/own.ts";
import { liveStrays, removeStrays } from "./act-workload.ts";
import { patchOwn } from "./patch-own.ts";
import { templateIn } from "./template-in.ts";
import { answerUndo, askedUndo, type AskedUndo } from "./asked-undo.ts";
import { BY_OWNER } from "./caches.ts";
import type { Context } from "./context.ts";
import { templateOf, type ReadRun } from "./observe.ts";
import { pruneHistory } from "./history.ts";
import { mendHold, stillBroken } from "./hold-broken.ts";
import { guardTwin } from "./live-twin.ts";
import { isOlder, newestEnd } from "./newest-end.ts";
import { rollouts } from "./resources.ts";
import { rivalOf, routeRivalOf } from "./rival.ts";
import { keepRevision, startRun } from "./start-run.ts";
import { tidy } from "./tidy.ts";

export interface RestPass {
  standing: Standing;
  live: RolloutStatus["live"];
  /** Something was written: look again. */
  wrote: boolean;
  /** What could not be written; the pass has failed, and must be tried again. */
  failure?: unknown;
}

type Live = NonNullable<RolloutStatus["live"]>;

/** A pass with no run under way: take the Deployment under protection, begin a run, or keep the peace. */
export async function passRest(
  context: Context,
  rollout: KubeObject,
  effective: Effective,
  status: RolloutStatus,
  runs: readonly ReadRun[],
): Promise<RestPass> {
  const { namespace = "" } = rollout.metadata;
  const { spec } = effective;
  const found = context.caches.deployments.get(namespace, spec.workload.name);
  // One that is being deleted is gone for a run: begun for it, each would end at once, and the next would begin.
  const own = found?.metadata.deletionTimestamp === undefined ? found : undefined;
  const newest = runs[0];
  const known = afterRelease(liveAfter(status.live, newest, status.ended), newest);
  // A Deployment that was deleted and made again has none of the pods that were live: it is adopted like a new one.
  const live = own !== undefined && known?.uid !== undefined && known.uid !== own.metadata.uid ? undefined : known;
  const rival = own === undefined ? undefined : rivalOf(context.caches, rollout, own);
  if (rival !== undefined) return { standing: stuck(rival, "Conflict"), live, wrote: false };
  const state =
    own === undefined
      ? undefined
      : readOwn(own, context.caches.replicaSets.byIndex(BY_OWNER, objectKey(own.metadata)), {
          live: live === undefined ? undefined : templateOf(context.caches, namespace, live.revision),
        });
  const asked = askedUndo(context, own, live, runs);
  if (newest !== undefined) await answerUndo(context, newest, asked);
  const facts = restFacts(context, rollout, effective, status.ended, own, state, live, runs);
  const decision = decideRest({ ...facts, undo: asked.kind === "previous" });
  const last = newest === undefined ? undefined : runStanding(newest.name, newest.spec, newest.status);
  const at: At = { rollout, effective, own, state, live, known, newest, asked };
  try {
    return await act(context, at, runs, { decision, last, policyProblems: facts.policyProblems });
  } catch (failure) {
    return { standing: failedStanding(at, decision, last), live, wrote: false, failure };
  }
}

async function act(
  context: Context,
  at: At,
  runs: readonly ReadRun[],
  decided: { decision: RestDecision; last: Standing | undefined; policyProblems: readonly string[] },
): Promise<RestPass> {
  const { rollout, own, live, newest } = at;
  const { spec } = at.effective;
  const { decision, last, policyProblems } = decided;
  const guarded = own !== undefined && (await guardTwin(context, rollout, spec, own, live, newest));
  const tidied = guarded || (own !== undefined && (await tidy(context, rollout, spec, own, live)));
  if (tidied) return { standing: restStanding(decision, last), live, wrote: true };
  const conflict = routeRivalOf(context, rollout, spec);
  if (conflict !== undefined && (decision.kind === "adopt" || decision.kind === "start"))
    return { standing: { ...stuck(conflict, "Conflict"), liveOnTwin: live?.track === "twin" }, live, wrote: false };
  const result = await carryOut(context, at, decision);
  // Last, and no matter if it fails: tidiness stops nothing.
  const pruned = await pruneHistory(context, runs, live, spec.historyLimit).catch((error: unknown) => {
    context.log.warn({ err: error }, "old runs could not be deleted");
    return false;
  });
  const standing =
    conflict !== undefined
      ? stuck(conflict, "Conflict")
      : result.problem === undefined
        ? standingAtRest(decision, last, policyProblems)
        : stuck(result.problem, "PreflightFailed");
  return {
    standing: { ...standing, liveOnTwin: result.live?.track === "twin" },
    live: result.live,
    wrote: result.wrote || pruned,
  };
}

/** A hold that is broken still is said first: that a version is refused or waits is not the whole of it then. */
function failedStanding({ own, rollout }: At, decision: RestDecision, last: Standing | undefined): Standing {
  const standing = restStanding(decision, last);
  const isKeptOut = KEPT_OUT.includes(decision.kind);
  if (!isKeptOut || own === undefined || heldBy(own) !== rollout.metadata.name) return standing;
  const broken = stillBroken(own);
  return broken === undefined ? standing : { ...standing, message: `${broken}; before that: ${standing.message}` };
}

/** A template that may not meet users: the Deployment has to stay paused. */
const KEPT_OUT: readonly RestDecision["kind"][] = ["refused", "suspended", "blocked", "bringBack"];

/** Told at once, and not only when a new version waits. */
function standingAtRest(
  decision: RestDecision,
  last: Standing | undefined,
  policyProblems: readonly string[],
): Standing {
  const standing = restStanding(decision, last);
  return policyProblems.length > 0 && standing.row === "Succeeded"
    ? { ...stuck(policyProblems.join("; "), "InvalidPolicy"), liveOnTwin: standing.liveOnTwin }
    : standing;
}

function stuck(message: string, reason: "Conflict" | "PreflightFailed" | "InvalidPolicy"): Standing {
  return { row: "Stalled", reason, message, liveOnTwin: false };
}

/**
 * The run was taken up again to bring its users back to the Service's own pods: nobody is on the twin any more. The Rollout was deleted
 * then, and another one of its name has found the run.
 */
function afterRelease(live: Live | undefined, newest: ReadRun | undefined): Live | undefined {
  if (live?.track !== "twin" || newest === undefined) return live;
  const { spec, status } = newest;
  const wasReleased = isFinal(status.phase) && status.phase !== "Promoted" && !status.liveOnTwin;
  return wasReleased && live.workload === spec.from.workload ? undefined : live;
}

/**
 * What users are on, by the newest run that ended; the status says it for the time before the first, and when a newer one than
 * `newest` has ended and is gone.
 */
export function liveAfter(
  known: Live | undefined,
  newest: ReadRun | undefined,
  ended?: RolloutStatus["ended"],
): Live | undefined {
  if (newest === undefined || !isFinal(newest.status.phase)) return known;
  if (known !== undefined && isOlder(newest, ended)) return known;
  // A roll-out at 0 replicas since: its revision is named after the newest run.
  if (known?.revision.startsWith(`${newest.name}-`) === true) return known;
  const { spec, status } = newest;
  const promoted = status.phase === "Promoted";
  const revision = promoted ? spec.to : spec.from;
  const { name, uid } = spec.pinned.workload;
  const common = { revision: revision.revision, hash: revision.hash, uid };
  if (promoted && !status.liveOnTwin) return { track: "own", workload: name, ...common };
  return { track: revision.track, workload: revision.workload, ...common };
}

function restFacts(
  context: Context,
  rollout: KubeObject,
  { spec, policyProblems }: Effective,
  ended: RolloutStatus["ended"],
  own: KubeObject | undefined,
  state: OwnState | undefined,
  live: Live | undefined,
  runs: readonly ReadRun[],
): Omit<RestFacts, "undo"> {
  const template =
    live === undefined ? undefined : templateOf(context.caches, rollout.metadata.namespace ?? "", live.revision);
  return {
    suspend: spec.suspend,
    invalid: [],
    policyProblems: policyProblems.map(formatProblem),
    own:
      own === undefined || state === undefined
        ? undefined
        : {
            hash: templateHash(templateIn(own)),
            replicas: state.specReplicas,
            adopted: heldBy(own) === rollout.metadata.name,
            ran: runs[0]?.spec.pinned.workload.uid === own.metadata.uid,
            paused: state.paused,
            rolledOut: state.rolledOut,
            bereft: isBereft(state),
          },
    live:
      live === undefined
        ? undefined
        : { track: live.track, hash: template === undefined ? live.hash : templateHash(template) },
    wasLive: own !== undefined && wasLive(templateHash(templateIn(own)), runs.slice(0, spec.historyLimit)),
    newestRun: newestEnd(runs[0], ended),
    hold: context.hold(),
    workload: spec.workload.name,
  };
}

/** It wants pods and has none, nor a ReplicaSet of the live revision to get them by. */
function isBereft(state: OwnState | undefined): boolean {
  return state !== undefined && state.specReplicas > 0 && state.activeCount === 0 && state.liveReplicaSet === undefined;
}

interface At {
  rollout: KubeObject;
  effective: Effective;
  own: KubeObject | undefined;
  state: OwnState | undefined;
  live: Live | undefined;
  /** What was live, also when it was in a Deployment that is gone. */
  known: Live | undefined;
  newest: ReadRun | undefined;
  asked: AskedUndo;
}

interface Done {
  wrote: boolean;
  live: Live | undefined;
  problem?: string;
}

async function carryOut(context: Context, at: At, decision: RestDecision): Promise<Done> {
  const { rollout, effective, own, live } = at;
  const unchanged: Done = { wrote: false, live };
  if (own === undefined) return unchanged;
  switch (decision.kind) {
    case "adopt":
      return adopt(context, at, own);
    case "native":
      return native(context, at, own);
    case "idle":
      return { wrote: await keepPeace(context, rollout, own, decision.own), live };
    case "start": {
      if (live === undefined) return unchanged;
      if (heldBy(own) !== rollout.metadata.name) return { wrote: await mark(context, rollout, own), live };
      await addFinalizer(context, rollout);
      const paused = await patchOwn(context, own, pausePatch(own));
      const previous = at.asked.kind === "previous" ? at.asked.revision : undefined;
      const started = await startRun(context, rollout, effective, own, live, decision.reason, previous);
      return started.ok ? { wrote: true, live } : { wrote: paused, live, problem: started.message };
    }
    case "bringBack":
      return bringBack(context, at, own, decision.message);
    case "refused":
    case "suspended":
    case "blocked":
      return { wrote: await keepOut(context, at, own), live };
    default:
      return unchanged;
  }
}

/** An undo of what nobody promoted: from the pods that users are on by now, to the revision that they were on. */
async function bringBack(context: Context, at: At, own: KubeObject, message: string): Promise<Done> {
  const { rollout, effective, live, newest } = at;
  if (live === undefined || newest === undefined) return { wrote: false, live };
  if (heldBy(own) !== rollout.metadata.name) return { wrote: await mark(context, rollout, own), live };
  if (await mendHold(context, rollout, own, newest)) return { wrote: true, live };
  await addFinalizer(context, rollout);
  const { revision, hash } = newest.spec.to;
  context.events.tell(rollout, [{ id: `${newest.name}.bring-back`, type: "Warning", reason: "HoldBroken", message }]);
  context.remarks.note(newest, "holdBroken", message);
  const previous = { ...newest.spec.from, revision: live.revision, hash: live.hash };
  const started = await startRun(context, rollout, effective, own, ownLive(own, revision, hash), "Undo", previous);
  return started.ok ? { wrote: true, live } : { wrote: false, live, problem: `${message}. But: ${started.message}` };
}

/** A template that may not meet users stays out also when somebody resumes the Deployment; pods of it are taken away (machine rule 2). */
async function keepOut(context: Context, { rollout, state, live, newest }: At, own: KubeObject): Promise<boolean> {
  if (heldBy(own) !== rollout.metadata.name) return mark(context, rollout, own);
  if (await mendHold(context, rollout, own, newest)) return true;
  if (live?.track !== "own" || state === undefined) return false;
  return removeStrays(context, rollout.metadata.namespace ?? "", state, liveStrays(state));
}

/** Without the policy the pause is the hold: it is kept up also while the spec cannot be read. */
export async function keepHeld(context: Context, rollout: KubeObject): Promise<void> {
  if (context.hold() === "policy") return;
  const { namespace = "", name } = rollout.metadata;
  const held = context.caches.deployments.list(
    (each) => each.metadata.namespace === namespace && heldBy(each) === name,
  );
  for (const own of held) await patchOwn(context, own, pausePatch(own));
}

/**
 * Takes the Deployment under protection: the Rollout may no longer vanish without a release, and its revision is kept and is what
 * users are on. The mark follows in the next pass, when that is written: held without it, a new template would never get a run.
 */
async function adopt(context: Context, { rollout, newest, known }: At, own: KubeObject): Promise<Done> {
  await addFinalizer(context, rollout);
  const template = templateIn(own);
  const hash = templateHash(template);
  const first = runName(rollout.metadata.name, newest?.spec.ordinal ?? 0);
  const revision = newest === undefined && known === undefined ? first : `${first}-${hash}`;
  await keepRevision(context, rollout, revision, template);
  const live = ownLive(own, revision, hash);
  context.events.tell(rollout, [
    {
      id: `${revision}.adopted`,
      type: "Normal",
      reason: "Adopted",
      message: `Deployment ${own.metadata.name} is under protection; a new template gets to users by a run`,
    },
  ]);
  return { wrote: true, live };
}

function ownLive(own: KubeObject, revision: string, hash: string): Live {
  const { name, uid } = own.metadata;
  return { track: "own", revision, hash, workload: name, ...(uid === undefined ? {} : { uid }) };
}

async function mark(context: Context, rollout: KubeObject, own: KubeObject): Promise<boolean> {
  return patchOwn(context, own, adoptPatch(own, rollout.metadata.name, context.hold()));
}

/**
 * The Rollout cannot vanish without a release from now on. Before a run as well: one that was made anew over the runs of its predecessor
 * may begin with a run, and would leave it behind.
 */
export async function addFinalizer(context: Context, rollout: KubeObject): Promise<void> {
  const { finalizers = [], namespace = "", name, resourceVersion = "" } = rollout.metadata;
  if (finalizers.includes(FINALIZER)) return;
  await context.api.patch(
    rollouts,
    { namespace, name },
    { type: "merge", patch: { metadata: { resourceVersion, finalizers: [...finalizers, FINALIZER] } } },
    { fieldManager: FIELD_MANAGER },
  );
}

/** With no pods there are no users to protect: the newest template becomes the live one. */
async function native(context: Context, { rollout, state, newest, live }: At, own: KubeObject): Promise<Done> {
  const template = templateIn(own);
  const now = await context.api.get(deployments, { namespace: own.metadata.namespace ?? "", name: own.metadata.name });
  context.caches.deployments.put(now);
  // Scaled up meanwhile: there are users again, and the template gets to them by a run.
  const hasUsers = specReplicas(now) !== 0 && !isBereft(state);
  if (hasUsers || templateHash(templateIn(now)) !== templateHash(template)) return { wrote: true, live };
  const revision = `${runName(rollout.metadata.name, newest?.spec.ordinal ?? 0)}-${templateHash(template)}`;
  await keepRevision(context, rollout, revision, template);
  const operations = releasePatch(now);
  // A lost race must not pass for done: the template would count as live.
  if (operations.length > 0) {
    const ref = { namespace: now.metadata.namespace ?? "", name: now.metadata.name };
    await context.api.patch(deployments, ref, { type: "json", operations }, { fieldManager: FIELD_MANAGER });
  }
  return { wrote: true, live: ownLive(own, revision, templateHash(template)) };
}

async function keepPeace(
  context: Context,
  rollout: KubeObject,
  own: KubeObject,
  hold: "release" | "pause" | "leave",
): Promise<boolean> {
  // Live was known before this object was: one that was made anew over the runs of its predecessor.
  await addFinalizer(context, rollout);
  const marked = heldBy(own) === rollout.metadata.name ? false : await mark(context, rollout, own);
  if (hold === "release") return (await release(context, own, templateHash(templateIn(own)))) || marked;
  if (hold === "pause") return (await patchOwn(context, own, pausePatch(own))) || marked;
  return marked;
}

/** Opens the hold on a template that users are on already, after reading it live (machine rule 5). */
export async function release(context: Context, own: KubeObject, vettedHash: string): Promise<boolean> {
  const live = await context.api.get(deployments, { namespace: own.metadata.namespace ?? "", name: own.metadata.name });
  context.caches.deployments.put(live);
  if (live.metadata.uid !== own.metadata.uid || templateHash(templateIn(live)) !== vettedHash) return true;
  return patchOwn(context, live, releasePatch(live));
}
