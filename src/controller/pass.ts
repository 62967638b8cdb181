import { FIELD_MANAGER, FINALIZER } from "../api/metadata.ts";
import { isFinal, type Phase } from "../api/phase.ts";
import type { Effective } from "../api/policy/effective.ts";
import { formatProblem } from "../api/problem.ts";
import { rolloutSpecSchema, type RolloutSpec } from "../api/rollout.ts";
import type { RolloutStatus } from "../api/run.ts";
import { restStanding, rolloutStatus, runStanding, type Row, type Standing } from "../engine/conditions.ts";
import { rfc3339 } from "../engine/memory.ts";
import { lastTold } from "../engine/notice.ts";
import { compilePlan, stepAt } from "../engine/plan.ts";
import { refusedHash } from "../engine/undo.ts";
import { isNotFound } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { objectKey } from "../kube/resources.ts";
import { canonicalJson } from "../workload/canonical.ts";
import { isObserved } from "../workload/fields.ts";
import { gatherCheckWorld } from "./check-world.ts";
import type { Context } from "./context.ts";
import { standInFor } from "./gone.ts";
import { keptForTwin } from "./kept-for-twin.ts";
import type { ReadRun } from "./observe.ts";
import { guardTwin } from "./live-twin.ts";
import { labelAgain } from "./label-again.ts";
import { keepHeld, liveAfter, passRest } from "./pass-rest.ts";
import { forgetRun, letRunGo, passRun } from "./pass-run.ts";
import type { MetricsProbe } from "./probe-metrics.ts";
import { readRollout, readRolloutStatus, runsOf } from "./read.ts";
import { createRefusals } from "./refusals.ts";
import { releaseOthers, releaseRollout } from "./release.ts";
import { isLeft, reopened, whyReopened } from "./reopened.ts";
import { isGone, rollouts } from "./resources.ts";
import { resolvePinned } from "./routing-objects.ts";
import { createTellChannels } from "./tell-channels.ts";

export interface PassResult {
  /** Look again after this many milliseconds even if nothing is heard; undefined when only a change matters. */
  againInMs: number | undefined;
}

export interface PassOptions {
  context: Context;
  probe(server: string): MetricsProbe;
}

const GONE_AGAIN_MS = 1_000;

/** Passes over one Rollout, by its key. What it throws is retried with a backoff; nothing is lost by that. */
export function createPass(options: PassOptions): (key: string) => Promise<PassResult> {
  const lastWrites = new Map<string, number>();
  const contexts = new Map<string, Context>();
  const refusals = createRefusals(options.context.clock);
  const said = new Map<string, Said>();
  const tellChannels = createTellChannels();

  /** One child logger a rollout: each of its lines says which one it is about. And each of its writes that got no answer is its own. */
  function contextOf(key: string): Context {
    const known = contexts.get(key);
    if (known !== undefined) return known;
    const [namespace, rollout] = key.split("/");
    const { log, lateWrites, api } = options.context;
    const context = {
      ...options.context,
      log: log.child?.({ namespace, rollout }) ?? log,
      api: lateWrites.watch(api, key),
    };
    contexts.set(key, context);
    return context;
  }

  return async function passAndTell(key) {
    said.delete(key);
    try {
      const result = await pass(key);
      // What was told of passes that failed is taken back by another one, at once.
      return refusals.done(key) ? { againInMs: 0 } : result;
    } catch (error) {
      await tellFailure(key, error);
      throw error;
    } finally {
      // Also of a pass that failed: what was decided before is persisted, and people wait to hear of it.
      tellChannels(contexts.get(key) ?? options.context, key);
    }
  };

  /** Whatever it was that threw: what is refused again and again is told on the Rollout. */
  async function tellFailure(key: string, error: unknown): Promise<void> {
    const now = said.get(key);
    // Of a status that cannot be written nothing but the log can tell.
    if (now?.unwritten === error || !refusals.failed(key, error)) return;
    const context = contextOf(key);
    const [namespace = "", name = ""] = key.split("/");
    const rollout = context.caches.rollouts.get(namespace, name);
    if (rollout === undefined) return;
    const status = readRolloutStatus(rollout);
    const { standing, what } = now ?? { standing: unknownStanding(rollout, status), what: {} };
    await project(context, rollout, status, standing, what).catch((err: unknown) => {
      context.log.warn({ err }, "what is refused could not be told");
    });
  }

  async function pass(key: string): Promise<PassResult> {
    const [namespace = "", name = ""] = key.split("/");
    const context = contextOf(key);
    const found = context.caches.rollouts.get(namespace, name);
    if (found !== undefined) return passOver(context, key, found);
    const standIn = await standInFor(context, namespace, name);
    if (standIn !== undefined) {
      // No Rollout names what its run works on: a change to that queues nothing.
      const { againInMs = GONE_AGAIN_MS } = await passOver(context, key, standIn);
      return { againInMs: Math.min(againInMs, GONE_AGAIN_MS) };
    }
    context.evidence.forget(key);
    context.telemetry.forgotten(namespace, name);
    contexts.delete(key);
    return { againInMs: undefined };
  }

  async function passOver(context: Context, key: string, rollout: KubeObject): Promise<PassResult> {
    const { namespace = "" } = rollout.metadata;
    const deleting = rollout.metadata.deletionTimestamp !== undefined;
    const read = readRollout(context.caches, rollout);
    const status = readRolloutStatus(rollout);
    const runs = runsOf(context.caches, context.log, rollout);
    const active = runs.find((run) => !isFinal(run.status.phase));
    if (active !== undefined) return passActive(context, rollout, status, active, read.ok ? read.value : undefined);
    const newest = runs[0];
    const kept = keptForTwin(runs);
    const isUntold = newest !== undefined && !isGone(rollout) && status.ended?.run !== newest.name;
    const unfinished = runs
      .filter((run) => run.object.metadata.finalizers?.includes(FINALIZER) === true)
      .filter((run) => !kept.has(run.name) || (run === newest && isUntold));
    if (unfinished.length > 0) return finishEnded(context, key, rollout, status, newest, unfinished);
    const named = read.ok ? context.caches.deployments.get(namespace, read.value.spec.workload.name) : undefined;
    const workload = named?.metadata.name;
    const why = newest === undefined ? undefined : whyReopened(context.caches, newest, { deleting, workload });
    if (newest !== undefined && why !== undefined) {
      const again = reopened(newest, why, deleting, context.clock.now());
      return passActive(context, rollout, status, again, read.ok ? read.value : undefined);
    }
    if (deleting) return releaseRollout(context, rollout, status, runs[0]);
    if (!read.ok) {
      const message = read.problems.map(formatProblem).join("; ");
      const standing = restStanding({ kind: "invalid", message }, undefined);
      said.set(key, { standing, what: {} });
      await keepHeld(context, rollout);
      await project(context, rollout, status, standing, {});
      return { againInMs: undefined };
    }
    const rest = await passRest(context, rollout, read.value, status, runs);
    if (rest.failure !== undefined) {
      said.set(key, { standing: rest.standing, what: {} });
      throw rest.failure;
    }
    await project(context, rollout, status, rest.standing, {
      currentRun: undefined,
      nextWakeTime: undefined,
      weight: undefined,
      step: undefined,
      live: rest.live,
      ...(runs[0] === undefined ? {} : { lastRun: runs[0].name }),
    });
    const letGo = await releaseOthers(context, rollout, read.value.spec.workload.name);
    return { againInMs: rest.wrote || letGo ? 100 : 60_000 };
  }

  async function passActive(
    c: Context,
    rollout: KubeObject,
    status: RolloutStatus,
    active: ReadRun,
    effective: Effective | undefined,
  ): Promise<PassResult> {
    const key = objectKey(rollout.metadata);
    const spec = effective?.spec;
    if (active.status.phase === "Preflight") lookBefore(c, key, rollout, active, spec);
    const outdated = effective !== undefined && isOutdated(c, active, effective);
    // What it works on has no Rollout any more, for as long as it brings users back there.
    const leaves = active.status.phase === "Releasing" && isLeft(active, spec?.workload.name);
    const standing = { suspend: spec?.suspend ?? false, outdated, ...(leaves ? { deleting: true } : {}) };
    const result = await passRun(c, rollout, active, standing, lastWrites.get(active.uid));
    const { run, decision, weightPercent } = result;
    const standingNow = runStanding(run.name, run.spec, { ...run.status, weightInForce: weightPercent });
    if (result.unremembered) {
      const decided = unremembered(active, run.status.phase, standingNow);
      said.set(key, { standing: decided, what: { currentRun: run.name, lastRun: run.name, weight: weightPercent } });
      throw result.failure;
    }
    if (result.wrote) lastWrites.set(active.uid, c.clock.monotonic());
    if (isFinal(run.status.phase)) lastWrites.delete(active.uid);
    report(c, run, weightPercent, refusals.worded(key, standingNow).row);
    await project(c, rollout, status, standingNow, {
      currentRun: isFinal(run.status.phase) ? undefined : run.name,
      lastRun: run.name,
      weight: weightPercent,
      step: stepAt(run.spec.plan, run.status.step).name,
      nextWakeTime: run.status.window?.opensAt,
      ...endOf(run, status),
    });
    if (result.failure !== undefined) throw result.failure;
    await labelAgain(c, active);
    if (spec !== undefined && (await guardUnfenced(c, rollout, spec, status, run))) return { againInMs: 100 };
    if (isFinal(run.status.phase)) {
      forgetRun(c, key, run);
      if (run.status.liveOnTwin !== true) {
        // The older ones first: with the newest one gone, one of them would be taken for it.
        const kept = runsOf(c.caches, c.log, rollout).filter(({ name }) => name !== run.name);
        // It is gone as soon as it is let go.
        if (run.deleting) tellChannels(c, key);
        for (const older of kept.toReversed()) await letRunGo(c, older);
        await letRunGo(c, run);
      }
      return { againInMs: 0 };
    }
    if (decision.wakeAtMs === undefined) return { againInMs: undefined };
    return { againInMs: Math.max(10, decision.wakeAtMs - c.clock.now()) };
  }

  /** Ended, but a crash came before the Rollout's status said so, or before the run's finalizer was taken off; or was kept until now. */
  async function finishEnded(
    c: Context,
    key: string,
    rollout: KubeObject,
    status: RolloutStatus,
    newest: ReadRun | undefined,
    runs: readonly ReadRun[],
  ): Promise<PassResult> {
    if (newest !== undefined && runs.includes(newest)) {
      const standing = runStanding(newest.name, newest.spec, newest.status);
      await project(c, rollout, status, standing, {
        currentRun: undefined,
        nextWakeTime: undefined,
        lastRun: newest.name,
        ...endOf(newest, status),
      });
    }
    if (runs.some((run) => run.deleting)) tellChannels(c, key);
    for (const run of runs.toReversed()) {
      // One that was kept for its twin has told its end long ago.
      if (run === newest) c.events.tell(run.object, lastTold(run));
      forgetRun(c, key, run);
      if (run !== newest || run.status.liveOnTwin !== true) await letRunGo(c, run);
    }
    return { againInMs: 0 };
  }

  function lookBefore(
    context: Context,
    key: string,
    rollout: KubeObject,
    run: ReadRun,
    spec: RolloutSpec | undefined,
  ): void {
    const usable = spec ?? rolloutSpecSchema.safeParse(rollout["spec"]).data;
    if (usable === undefined) return;
    const { caches } = context;
    const { virtualServices, destinationRule } = run.spec.pinned.istio;
    const own = caches.deployments.get(run.namespace, run.spec.pinned.workload.name);
    // The write that began this run is news to the deployment controller too: it has a moment to see it.
    const young = context.clock.now() - Date.parse(run.object.metadata.creationTimestamp ?? "") < 5_000;
    if (own !== undefined && young && !isObserved(own)) return;
    const inputs = [
      rollout.metadata.generation,
      ...virtualServices.map((route) => caches.virtualServices.resourceVersionOf(route.namespace, route.name)),
      caches.destinationRules.resourceVersionOf(destinationRule.namespace, destinationRule.name),
      caches.deployments.resourceVersionOf(run.namespace, run.spec.pinned.workload.name),
      caches.services.resourceVersionOf(run.namespace, run.spec.pinned.service.name),
      run.spec.commands.filter((command) => command.verb === "retry").length,
    ];
    context.preflight.look(key, run.uid, inputs.join(" "), () =>
      gatherCheckWorld(context, rollout, usable, run, options.probe(run.spec.plan.analysis.prometheus)),
    );
  }

  function report(context: Context, run: ReadRun, weightPercent: number, row: Row): void {
    const { telemetry } = context;
    const about = { namespace: run.namespace, rollout: run.spec.rollout };
    telemetry.stands({ ...about, run: run.name, phase: run.status.phase, weightPercent, row });
    for (const objective of run.status.objectives)
      telemetry.judged({
        ...about,
        objective: objective.name,
        verdict: objective.verdict,
        eValue: objective.evidence?.eValue,
      });
  }

  async function project(
    context: Context,
    rollout: KubeObject,
    before: RolloutStatus,
    standing: Standing,
    what: Partial<RolloutStatus>,
  ): Promise<void> {
    if (isGone(rollout)) return;
    const nowTime = rfc3339(context.clock.now());
    const key = objectKey(rollout.metadata);
    const now: Said = { standing, what };
    said.set(key, now);
    const notificationFailed = context.notifier.failing(key);
    const next = rolloutStatus(
      before,
      { ...refusals.worded(key, standing), notificationFailed },
      what,
      rollout.metadata.generation ?? 0,
      nowTime,
    );
    // What was read back has its keys in the order of the schema.
    if (canonicalJson(next) === canonicalJson(before)) return;
    // This very pass may have written the object's metadata.
    const { namespace, name } = rollout.metadata;
    const newest = context.caches.rollouts.get(namespace, name) ?? rollout;
    try {
      await context.api.replace(
        rollouts,
        { ...newest, status: next },
        { subresource: "status", fieldManager: FIELD_MANAGER },
      );
    } catch (error) {
      if (isNotFound(error)) return;
      now.unwritten = error;
      throw error;
    }
  }
}

/** What a pass has to say of its Rollout, also where it fails then. */
interface Said {
  standing: Standing;
  what: Partial<RolloutStatus>;
  /** Why it could not be written. */
  unwritten?: unknown;
}

/** Of a pass that failed before it knew. */
function unknownStanding({ metadata }: KubeObject, { conditions }: RolloutStatus): Standing {
  const message = metadata.deletionTimestamp === undefined ? "" : "the Rollout was deleted and cannot go yet";
  const liveOnTwin = conditions.some(({ type }) => type === "LiveOnTwin");
  return { row: "Progressing", reason: "Progressing", message, liveOnTwin };
}

/** Decided, and perhaps done, since taking users away waits for no memory of it. */
function unremembered({ name, status }: ReadRun, phase: Phase, standing: Standing): Standing {
  if (phase === status.phase) return standing;
  const message = `${name}: ${phase} is decided and cannot be recorded: ${standing.message}`;
  return { ...standing, row: standing.row === "Succeeded" ? "Progressing" : standing.row, message };
}

/** Until a run has arranged anything, and that may wait for a window for hours, users are on the twin before it as they are at rest. */
async function guardUnfenced(
  context: Context,
  rollout: KubeObject,
  spec: RolloutSpec,
  { live }: RolloutStatus,
  run: ReadRun,
): Promise<boolean> {
  if (isFinal(run.status.phase) || run.status.asFound !== undefined || run.spec.from.workload !== live?.workload)
    return false;
  const own = context.caches.deployments.get(run.namespace, run.spec.pinned.workload.name);
  const isThere = own !== undefined && own.metadata.deletionTimestamp === undefined;
  return isThere && guardTwin(context, rollout, spec, own, live, run);
}

/**
 * Whether a run made now would have another plan, or act on other objects, than this one that has not begun. While something is wrong
 * with the policies no run would be made now.
 */
function isOutdated(context: Context, run: ReadRun, effective: Effective): boolean {
  if (run.status.phase !== "Preflight" || effective.policyProblems.length > 0) return false;
  const { plan, pinned, reason } = run.spec;
  const { spec } = effective;
  if (canonicalJson(compilePlan(effective, reason)) !== canonicalJson(plan)) return true;
  const own = context.caches.deployments.get(run.namespace, spec.workload.name);
  if (own === undefined) return false;
  const now = resolvePinned(context.caches, context.istio.apiVersion, own, run.namespace, spec, pinned.sizeAtStart);
  return now.ok && canonicalJson(now.pinned) !== canonicalJson(pinned);
}

/** What the Rollout remembers of a run that has ended, should the run itself be deleted. */
function endOf(run: ReadRun, before: RolloutStatus): Partial<RolloutStatus> {
  const { phase, end } = run.status;
  if (!isFinal(phase)) return {};
  const ended = {
    run: run.name,
    outcome: phase,
    hash: refusedHash(run),
    message: end?.message ?? `${run.name} ${phase}`,
  };
  return { ended, live: liveAfter(before.live, run) };
}
