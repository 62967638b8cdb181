import { type Clock, delay } from "../clock.ts";
import { orAborted } from "./abort.ts";
import { backoffMs, jitteredMs } from "./backoff.ts";
import { ApiError } from "./errors.ts";
import { listAll } from "./list-all.ts";
import type { Log } from "./log.ts";
import type { KubeApi, KubeObject, Resource } from "./port.ts";
import { type Change, type ChangeKind, createReplica } from "./replica.ts";
import { objectKey, resourceName } from "./resources.ts";
import type { CachedObject, IndexFunction } from "./store.ts";

export interface InformerOptions<T extends CachedObject> {
  api: KubeApi;
  resource: Resource;
  /** All namespaces when left out. */
  namespace?: string;
  clock: Clock;
  /** From [0, 1): spreads the work of many informers. */
  random: () => number;
  log: Log;
  /** Keeps the fields that are used, always uid and resourceVersion. An object that it throws on stays as it was in the cache. */
  transform: (object: KubeObject) => T;
  /** Told after the cache has changed; should only enqueue. What it throws is logged and hurts nobody. */
  onChange?: (kind: ChangeKind, object: T) => void;
  /** Told after each periodic relist how many objects had changed without an event. */
  onRelist?: (misses: number) => void;
  /** @default 500 objects a page */
  pageSize?: number;
  /** Longest silence of a watch: the server sends a bookmark about every 60 s. @default 75000 */
  inactivityMs?: number;
  /** @default 600000 */
  relistMs?: number;
}

/** A copy of one kind that keeps itself up to date. Objects are shared: never change one. */
export interface Cache<T extends CachedObject = KubeObject> {
  readonly resource: Resource;
  get(namespace: string | undefined, name: string): T | undefined;
  list(filter?: (object: T) => boolean): T[];
  size(): number;
  /** May be called at any time. @throws TypeError when the name is taken */
  addIndex(name: string, fn: IndexFunction<T>): void;
  /** @throws TypeError when there is no such index */
  byIndex(name: string, key: string): T[];
  hasSynced(): boolean;
  /** Resolves after the first complete list; rejects with the signal's reason, or an Error when stopped. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  /** Takes over what a write of this process returned, if it is newer: no wait for the event. */
  put(object: KubeObject): void;
  /** The monotonic time at which the server last spoke to us (event, bookmark or list); undefined before the first list. */
  lastContactMs(): number | undefined;
  /** How far into the server's history this cache has seen. */
  resourceVersion(): string | undefined;
  /** The version of one object as it is held here. */
  resourceVersionOf(namespace: string | undefined, name: string): string | undefined;
  /** Nobody is told anything after this returns; resolves when the last request is over. */
  stop(): Promise<void>;
}

/**
 * Lists, then watches, for ever: begins at once. 410 lists again; every other trouble is met with a jittered exponential backoff of
 * 1 to 30 s, without end; a silent watch is left after `inactivityMs`; and every `relistMs` a list beside the watch proves that
 * nothing was missed, or mends it.
 */
export function createInformer<T extends CachedObject>(options: InformerOptions<T>): Cache<T> {
  const { api, resource, namespace, clock, random, log } = options;
  const { onChange, onRelist, pageSize = 500, inactivityMs = 75_000, relistMs = 600_000 } = options;
  const about = { resource: resourceName(resource), ...(namespace === undefined ? {} : { namespace }) };
  const stopping = new AbortController();
  const synced = Promise.withResolvers<void>();
  // Nobody has to wait for it.
  synced.promise.catch(() => {});
  const replica = createReplica<T>(transform);
  let hasSynced = false;
  let needList = true;
  let contactMs: number | undefined;
  let failures = 0;
  /** The last list's moment was gone as well, with nothing heard between: no hurry a second time. */
  let wasGone = false;
  /** Ends the watch that is open, to list anew without one. */
  let endWatch: () => void = () => {};

  function transform(object: KubeObject): T | undefined {
    try {
      return options.transform(object);
    } catch (error) {
      log.error({ ...about, err: error, object: objectKey(object.metadata) }, "an object cannot be read");
      return undefined;
    }
  }

  function tell(changes: readonly Change<T>[]): void {
    for (const { kind, object } of changes) guarded(() => onChange?.(kind, object));
  }

  function guarded(run: () => void): void {
    if (stopping.signal.aborted) return;
    try {
      run();
    } catch (error) {
      log.error({ ...about, err: error }, "a handler of an informer failed");
    }
  }

  function reportMisses(force: boolean): void {
    const misses = replica.takeMisses(force);
    if (misses === undefined) return;
    if (misses > 0) log.warn({ ...about, misses }, "a relist found changes that no event told of");
    guarded(() => onRelist?.(misses));
  }

  async function relist(): Promise<void> {
    replica.beginList();
    const snapshot = await listAll(api, resource, { namespace, limit: pageSize, signal: stopping.signal });
    if (stopping.signal.aborted) return;
    const changes = replica.replaceAll(snapshot);
    needList = false;
    contactMs = clock.monotonic();
    hasSynced = true;
    tell(changes);
    synced.resolve();
  }

  async function watch(): Promise<void> {
    const ending = new AbortController();
    endWatch = () => ending.abort();
    const signal = AbortSignal.any([stopping.signal, ending.signal]);
    const openedMs = clock.monotonic();
    let activeMs = openedMs;
    let silent = false;
    let cancel = clock.after(inactivityMs, onQuiet);
    function onQuiet(): void {
      const leftMs = activeMs + inactivityMs - clock.monotonic();
      if (leftMs > 0) {
        cancel = clock.after(leftMs, onQuiet);
        return;
      }
      silent = true;
      ending.abort();
    }
    try {
      const timeoutSeconds = Math.round(jitteredMs(240, 0.25, random()));
      const scope = namespace === undefined ? {} : { namespace };
      const resourceVersion = replica.progress() ?? "";
      for await (const event of api.watch(resource, { ...scope, resourceVersion, timeoutSeconds, signal })) {
        if (signal.aborted) break;
        activeMs = clock.monotonic();
        if (event.type === "ERROR") throw new ApiError(event.code, event.reason, event.message);
        contactMs = activeMs;
        failures = 0;
        wasGone = false;
        tell(replica.apply(event));
        reportMisses(false);
      }
    } finally {
      cancel();
      ending.abort();
    }
    if (silent) {
      // What a list has shown and this watch never told of was missed.
      reportMisses(true);
      throw new ApiError(0, "Silent", `nothing came for ${inactivityMs} ms, not even a bookmark`);
    }
    if (needList || stopping.signal.aborted) return;
    if (clock.monotonic() - openedMs < 1_000) throw new ApiError(0, "Closed", "the server closed the watch at once");
    failures = 0;
  }

  async function recover(error: unknown): Promise<void> {
    const gone = error instanceof ApiError && error.code === 410;
    // A version that the server cannot serve shows in ways that are not 410, after a restore of etcd for one: a list cures all.
    if (gone || failures >= 2) needList = true;
    const waitMs =
      gone && !wasGone
        ? Math.round(500 * random())
        : Math.max(backoffMs(failures, random()), error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0);
    wasGone ||= gone;
    const say = failures === 0 ? log.info : log.warn;
    say.call(log, { ...about, err: error, failures, waitMs }, "list or watch ended");
    failures++;
    await delay(clock, waitMs, stopping.signal);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        if (needList) await relist();
        else await watch();
      } catch (error) {
        if (stopping.signal.aborted) return;
        await recover(error).catch(() => {});
      }
    }
  }

  /** A list beside the watch. Its failure is no matter: the next one comes. */
  async function check(): Promise<void> {
    if (needList) return;
    const listsBefore = replica.lists();
    replica.beginList();
    try {
      const snapshot = await listAll(api, resource, { namespace, limit: pageSize, signal: stopping.signal });
      if (stopping.signal.aborted || needList || replica.lists() !== listsBefore) return;
      reportMisses(true);
      const result = replica.compare(snapshot);
      if (result.kind === "incomparable") {
        needList = true;
        endWatch();
        return;
      }
      contactMs = clock.monotonic();
      tell(result.changes);
      reportMisses(false);
    } catch (error) {
      if (!stopping.signal.aborted) log.info({ ...about, err: error }, "the periodic relist failed");
    }
  }

  let checking: Promise<void> = Promise.resolve();
  let cancelCheck: () => void = () => {};
  function scheduleCheck(): void {
    cancelCheck = clock.after(jitteredMs(relistMs, 0.1, random()), () => {
      checking = check().finally(() => {
        if (!stopping.signal.aborted) scheduleCheck();
      });
    });
  }

  scheduleCheck();
  const running = run();
  const key = (ns: string | undefined, name: string) => objectKey({ namespace: ns, name });
  return {
    resource,
    get: (ns, name) => replica.store.get(key(ns, name)),
    list: replica.store.list,
    size: replica.store.size,
    addIndex: replica.store.addIndex,
    byIndex: replica.store.byIndex,
    hasSynced: () => hasSynced,
    whenSynced: (signal) => (signal ? orAborted(synced.promise, signal) : synced.promise),
    put(object) {
      if (namespace === undefined || object.metadata.namespace === namespace) tell(replica.put(object));
    },
    lastContactMs: () => contactMs,
    resourceVersion: replica.progress,
    resourceVersionOf: (ns, name) => replica.store.get(key(ns, name))?.metadata.resourceVersion,
    async stop() {
      cancelCheck();
      stopping.abort(new Error("the informer was stopped"));
      synced.reject(stopping.signal.reason);
      await Promise.all([running, checking]);
    },
  };
}
