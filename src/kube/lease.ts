import { type Clock, delay } from "../clock.ts";
import { jitteredMs } from "./backoff.ts";
import { isAlreadyExists, isConflict, isNotFound } from "./errors.ts";
import { heldBy, type LeaseRecord, readLease, released } from "./lease-record.ts";
import type { Log } from "./log.ts";
import type { KubeApi, KubeObject, ObjectRef } from "./port.ts";
import { leases } from "./resources.ts";

export interface LeaseOptions {
  api: KubeApi;
  clock: Clock;
  /** From [0, 1) */
  random: () => number;
  log: Log;
  lease: ObjectRef;
  /** Who we are: unique among all candidates, the same after a restart of the same one where that can be had. */
  identity: string;
  /** How long others wait without a renewal before they take over. @default 15000 */
  leaseDurationMs?: number;
  /** How long we go on trying to renew before we stop leading; less than leaseDurationMs. @default 10000 */
  renewDeadlineMs?: number;
  /** Between two tries. @default 2000 */
  retryMs?: number;
  /**
   * Called when leadership is won. `signal` is aborted when it ends, whatever the reason: hang every effect on it. `isOver` tells it
   * by the clock, for a process that was stopped past its term learns what its sockets hold before any timer of its own is due.
   */
  onElected: (signal: AbortSignal, isOver: () => boolean) => void;
  /** Called after the signal was aborted by anything but `stop`. A process should end: it no longer knows what is true. */
  onLost: (why: string) => void;
  /** Told of each new holder, ourselves too. */
  onHolder?: (identity: string) => void;
}

export interface LeaseElection {
  isLeader(): boolean;
  /** Gives the lease up if held, after aborting the signal; resolves when that is done or has failed. */
  stop(): Promise<void>;
}

/**
 * client-go's leader election: competes at once and, once elected, renews until stopped or lost. Whether another's lease has expired
 * is judged by our own monotonic clock from the moment we saw it change, so clocks of machines need not agree.
 * @throws TypeError when the times do not fit together
 */
export function startLeaseElection(options: LeaseOptions): LeaseElection {
  const { api, clock, random, log, lease: ref, identity } = options;
  const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryMs = 2_000 } = options;
  if (!(leaseDurationMs > renewDeadlineMs && renewDeadlineMs > retryMs * 1.2 && retryMs > 0)) {
    throw new TypeError("Expected leaseDurationMs > renewDeadlineMs > 1.2 × retryMs > 0");
  }
  const stopping = new AbortController();
  let leading: AbortController | undefined;
  let renewed = { monotonicMs: 0, wallMs: 0 };
  let observed: { lease: KubeObject; record: LeaseRecord; atMs: number } | undefined;

  function observe(lease: KubeObject): void {
    const record = readLease(lease);
    const before = observed?.record;
    const changed = !before || before.renewTime !== record.renewTime || before.holder !== record.holder;
    observed = { lease, record, atMs: changed || !observed ? clock.monotonic() : observed.atMs };
    if (before?.holder !== record.holder && record.holder !== "") options.onHolder?.(record.holder);
  }

  /** Writes the lease as ours over `current`; false when somebody else wrote first. @throws ApiError */
  async function write(current: KubeObject | undefined, signal: AbortSignal): Promise<boolean> {
    const wanted = heldBy(ref, current, identity, leaseDurationMs, clock.now());
    try {
      observe(await (current ? api.replace(leases, wanted, { signal }) : api.create(leases, wanted, { signal })));
      return true;
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return false;
      throw error;
    }
  }

  async function tryAcquire(signal: AbortSignal): Promise<boolean> {
    const current = await readCurrent(signal);
    if (current) observe(current);
    if (current && observed) {
      const { holder, durationMs } = observed.record;
      const others = holder !== "" && holder !== identity;
      if (others && clock.monotonic() < observed.atMs + durationMs) return false;
    }
    return write(current, signal);
  }

  /** A lease that was another's in between is lost even if it could be had again: that one may have acted. */
  async function tryRenew(signal: AbortSignal): Promise<"renewed" | "lost" | "again"> {
    const current = await readCurrent(signal);
    if (current) observe(current);
    if (current && readLease(current).holder !== identity) return "lost";
    return (await write(current, signal)) ? "renewed" : "again";
  }

  async function readCurrent(signal: AbortSignal): Promise<KubeObject | undefined> {
    try {
      return await api.get(leases, ref, { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Returns from when our term counts: from before the request, for its answer may be late. */
  async function acquire(): Promise<typeof renewed> {
    for (;;) {
      stopping.signal.throwIfAborted();
      const started = present();
      try {
        if (await withDeadline(renewDeadlineMs, tryAcquire)) return started;
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ err: error, lease: ref }, "cannot try for the lease");
      }
      await delay(clock, jitteredMs(retryMs, 0.2, random()), stopping.signal);
    }
  }

  const present = () => ({ monotonicMs: clock.monotonic(), wallMs: clock.now() });
  /**
   * Of the term. By the clock that has gone further: the monotonic one stands still while a virtual machine is halted, the other is
   * set. One that is set forward costs the lease, and no more than that.
   */
  const leftMs = () =>
    renewDeadlineMs - Math.max(clock.monotonic() - renewed.monotonicMs, clock.now() - renewed.wallMs);

  /** Returns why leadership ended. */
  async function holdOn(): Promise<string> {
    while (leftMs() > 0) {
      await delay(clock, Math.min(jitteredMs(retryMs, 0.2, random()), leftMs()), stopping.signal);
      const started = present();
      if (leftMs() <= 0) break;
      try {
        const outcome = await withDeadline(leftMs(), tryRenew);
        if (outcome === "renewed") renewed = started;
        if (outcome === "lost") return `${observed?.record.holder || "nobody"} holds the lease`;
      } catch (error) {
        stopping.signal.throwIfAborted();
        log.warn({ err: error, lease: ref }, "cannot renew the lease");
      }
    }
    return `the lease was not renewed for ${renewDeadlineMs} ms`;
  }

  async function withDeadline<T>(deadlineMs: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const cancel = clock.after(deadlineMs, () => late.abort(new Error(`no answer within ${deadlineMs} ms`)));
    try {
      return await run(AbortSignal.any([late.signal, stopping.signal]));
    } finally {
      cancel();
    }
  }

  async function release(): Promise<void> {
    try {
      // Read anew: a renewal that was cut off may have been made.
      const current = await api.get(leases, ref);
      if (readLease(current).holder !== identity) return;
      await api.replace(leases, released(current, clock.now()));
      log.info({ lease: ref }, "gave the lease up");
    } catch (error) {
      log.warn({ err: error, lease: ref }, "could not give the lease up: others wait until it expires");
    }
  }

  async function run(): Promise<void> {
    try {
      renewed = await acquire();
      leading = new AbortController();
      log.info({ lease: ref, identity }, "leading");
      options.onElected(leading.signal, () => leftMs() <= 0);
      const why = await holdOn();
      leading.abort(new Error(why));
      log.error({ lease: ref, identity }, `no longer leading: ${why}`);
      options.onLost(why);
    } catch (error) {
      if (stopping.signal.aborted) return;
      leading?.abort(error);
      log.error({ err: error, lease: ref }, "the election failed");
      options.onLost(error instanceof Error ? error.message : String(error));
    }
  }

  const running = run();
  return {
    isLeader: () => leading !== undefined && !leading.signal.aborted,
    async stop() {
      const held = leading !== undefined && !leading.signal.aborted;
      leading?.abort(new Error("stopped"));
      stopping.abort(new Error("stopped"));
      await running;
      if (held) await release();
    },
  };
}
