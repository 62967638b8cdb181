import { NAMESPACE } from "../api/metadata.ts";
import { delay, type Clock } from "../clock.ts";
import { ApiError, isConflict } from "../kube/errors.ts";
import { backoffMs } from "../kube/backoff.ts";
import { createLateWrites } from "../kube/late-writes.ts";
import { fenceWrites } from "../kube/leader-fence.ts";
import type { Log } from "../kube/log.ts";
import { createOwnWrites, rememberWrites } from "../kube/own-writes.ts";
import { patiently } from "../kube/patient.ts";
import type { KubeApi } from "../kube/port.ts";
import { createWorkqueue } from "../kube/workqueue.ts";
import { createDeliver } from "../notify/deliver.ts";
import { createNotifier } from "../notify/notifier.ts";
import { createPost, type Post } from "../notify/post.ts";
import { createFeed, type Feed } from "../prometheus/feed.ts";
import type { PrometheusApi } from "../prometheus/port.ts";
import { onServerClock } from "../prometheus/server-clock.ts";
import { createCaches } from "./caches.ts";
import type { Context } from "./context.ts";
import { createEventRecorder } from "./event-recorder.ts";
import { createEvidenceBook } from "./evidence.ts";
import { watchHoldMode } from "./hold-mode.ts";
import { watchForKeda } from "./keda.ts";
import { createPass } from "./pass.ts";
import { watchForPolicies } from "./policy-kinds.ts";
import { createPreflightDesk } from "./preflight.ts";
import { readSecretBy } from "./read-secret.ts";
import { createRemarkBook } from "./remarks.ts";
import { discoverIstio } from "./resources.ts";
import { createSettleTracker } from "./settle-tracker.ts";
import type { Telemetry } from "./telemetry.ts";

export interface ControllerOptions {
  api: KubeApi;
  /** Servers by the name that Rollouts use. */
  prometheus: Readonly<Record<string, PrometheusApi>>;
  clock: Clock;
  random: () => number;
  log: Log;
  telemetry: Telemetry;
  /** Unique among the controllers of a cluster. */
  identity: string;
  /** Only this namespace; all of them when absent. */
  namespace?: string;
  /** Where the controller's own Secrets are. @default sluice-system */
  ownNamespace?: string;
  /** How messages to people are sent. @default over HTTP */
  post?: Post;
  /** Rollouts worked on at once. @default 8 */
  workers?: number;
  /** Leadership: once aborted, nothing is written any more. */
  signal: AbortSignal;
  /** Whether leadership has ended by the clock, though the signal does not say so yet. @default never */
  isOver?: () => boolean;
  /** Told, for people, what the cluster lacks when work cannot begin for that, and undefined once it is there. */
  onLack?: (what: string | undefined) => void;
}

export interface Controller {
  /** Keys that wait, and for how long the longest has. */
  queue(): { depth: number; active: number; oldestAgeMs: number };
  /** Lets what is in hand finish, then closes everything. */
  stop(): Promise<void>;
}

const CONFLICT_MS = 50;
/** In a row; after that they are met with patience, like any failure. */
const MOST_CONFLICTS = 10;
const ISTIO_AGAIN_MS = 10_000;
const NO_ISTIO =
  "this cluster serves no VirtualService and DestinationRule (networking.istio.io v1 or v1beta1): install Istio's CRDs";

/** Runs the controller for one term of leadership. Resolves once the caches are filled and work has begun. */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const { clock, log, random, telemetry, signal } = options;
  const lateWrites = createLateWrites(clock);
  const queue = createWorkqueue({ clock, random });
  const ownWrites = createOwnWrites();
  const fenced = fenceWrites(options.api, signal, options.isOver);
  const istio = await waitForIstio(options);
  const hold = await watchHoldMode({ api: options.api, clock, log });
  const caches = createCaches({
    api: options.api,
    istio,
    clock,
    random,
    log,
    onChange: (keys) => {
      for (const key of keys) queue.add(key);
    },
    onOpen: telemetry.cached,
    onRelist: telemetry.relisted,
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
  });
  const keda = await watchForKeda({ ...options, onFound: caches.openScaledObjects });
  const policies = await watchForPolicies({
    ...options,
    onFound: caches.openPolicies,
    onTrouble: caches.distrustPolicies,
  });
  const feeds = new Map<string, Feed>();
  const evidence = createEvidenceBook({
    clock,
    log,
    feed: (server) => feeds.get(server),
    onNews: (key) => queue.add(key),
  });
  const servers = new Map(
    Object.entries(options.prometheus).map(([serverName, api]) => [
      serverName,
      onServerClock({ serverName, api, clock, log }),
    ]),
  );
  for (const [serverName, api] of servers) {
    const onQuery = (query: { durationMs: number; ok: boolean }) =>
      telemetry.queried(serverName, query.durationMs, query.ok);
    feeds.set(
      serverName,
      createFeed({
        serverName,
        api,
        clock,
        log,
        onReading: evidence.onReading,
        onFailure: evidence.onFailure,
        onQuery,
      }),
    );
  }
  const api = rememberWrites(fenced, ownWrites, caches.of);
  const events = createEventRecorder({ api: fenced, clock, log, instance: options.identity });
  const ownNamespace = options.ownNamespace ?? NAMESPACE;
  const notifier = createNotifier({
    deliver: createDeliver({
      post: options.post ?? createPost({ clock }),
      readSecret: readSecretBy(options.api),
      ownNamespace,
      clock,
      signal,
    }),
    clock,
    log,
    retryMs: (attempt) => backoffMs(attempt, random(), { maxMs: 300_000 }),
    ownNamespace,
    signal,
    onNews: (key) => queue.add(key),
    onOutcome: telemetry.notified,
  });
  const context: Context = {
    api,
    caches,
    ownWrites,
    clock,
    log,
    istio,
    hold: hold.current,
    evidence,
    preflight: createPreflightDesk({ clock, log, onNews: (key) => queue.add(key) }),
    settle: createSettleTracker(),
    events,
    remarks: createRemarkBook(clock),
    notifier,
    telemetry,
    identity: options.identity,
    lateWrites,
    persisted: new Map(),
  };
  await caches.whenSynced(signal);
  log.info({ rollouts: caches.rollouts.size(), runs: caches.runs.size() }, "caches are filled; work begins");
  const pass = createPass({ context, probe: (server) => ({ server, api: servers.get(server) }) });
  const conflicts = new Map<string, number>();
  const workers = Array.from({ length: options.workers ?? 8 }, () => work());

  async function work(): Promise<void> {
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      const startedMs = clock.monotonic();
      try {
        const { againInMs } = await pass(key);
        queue.forget(key);
        conflicts.delete(key);
        if (againInMs !== undefined) queue.addAfter(key, againInMs);
        telemetry.passed(key, clock.monotonic() - startedMs, "ok");
      } catch (error) {
        retry(key, error);
        telemetry.passed(key, clock.monotonic() - startedMs, "error");
      } finally {
        queue.done(key);
      }
    }
  }

  /** Losing a race is ordinary and costs a moment; anything else is met with more patience each time. */
  function retry(key: string, error: unknown): void {
    if (signal.aborted) return;
    const lost = conflicts.get(key) ?? 0;
    if (isConflict(error) && lost < MOST_CONFLICTS) {
      conflicts.set(key, lost + 1);
      log.info({ key, err: error }, "somebody wrote first: deciding again");
      queue.addAfter(key, CONFLICT_MS);
      return;
    }
    const waitMs = Math.max(queue.addRateLimited(key), error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0);
    log.warn({ key, err: error, waitMs }, "a pass failed and is tried again");
  }

  return {
    queue: () => ({ depth: queue.depth(), active: queue.active(), oldestAgeMs: queue.oldestAgeMs() }),
    async stop() {
      hold.stop();
      keda.stop();
      policies.stop();
      // First: what was sent is still recorded by the passes that follow.
      await notifier.stop();
      await queue.shutdown({ drain: !signal.aborted });
      await Promise.all(workers);
      for (const feed of feeds.values()) feed.stop();
      await caches.stop();
      await events.drained();
    },
  };
}

/** Without Istio's kinds there is nothing to route with; they may be installed later. */
async function waitForIstio(
  options: ControllerOptions,
): Promise<NonNullable<Awaited<ReturnType<typeof discoverIstio>>>> {
  const { api, clock, log, signal, onLack } = options;
  for (let told = false; ; told = true) {
    const found = await patiently(clock, () => discoverIstio(api));
    if (found !== undefined) {
      onLack?.(undefined);
      log.info({ apiVersion: found.apiVersion }, "Istio's kinds are served");
      return found;
    }
    onLack?.(NO_ISTIO);
    if (!told) log.warn({}, `${NO_ISTIO}; waiting`);
    await delay(clock, ISTIO_AGAIN_MS, signal);
  }
}
