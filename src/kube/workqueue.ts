import type { Clock } from "../clock.ts";
import { backoffMs } from "./backoff.ts";

export interface WorkqueueOptions {
  clock: Clock;
  /** From [0, 1): jitter of the rate-limited delays. */
  random: () => number;
  /** Keys that may wait at once; one more is refused. @default 100000 */
  maxKeys?: number;
  /** First delay of `addRateLimited`. @default 1000 */
  minBackoffMs?: number;
  /** Longest delay of `addRateLimited`. @default 30000 */
  maxBackoffMs?: number;
}

/**
 * Keys that need work. A key waits at most once however often it is added, and is never in two hands at once: added while in
 * hand, it comes again after `done`. So one worker sees each key, and no change is lost.
 * Semantics of client-go's workqueue.
 */
export interface Workqueue {
  /** False when refused: the queue is full or shut down. */
  add(key: string): boolean;
  /** Adds after `delayMs`; when the key is already due to be added, the earlier of the two times counts. */
  addAfter(key: string, delayMs: number): void;
  /** Adds after a delay that grows with each call until `forget`. Returns the delay in milliseconds. */
  addRateLimited(key: string): number;
  /** The key's next `addRateLimited` starts small again. */
  forget(key: string): void;
  /** How often in a row the key was added rate-limited. */
  failures(key: string): number;
  /** The next key, held by the caller until `done`; undefined when the queue is shut down and empty. */
  next(): Promise<string | undefined>;
  done(key: string): void;
  /** Refuses new keys and drops delayed ones. With `drain` resolves when what waits and what is in hand is done; else drops what waits. */
  shutdown(options?: { drain?: boolean }): Promise<void>;
  /** Keys waiting now, without those in hand or delayed. */
  depth(): number;
  /** Keys in hand. */
  active(): number;
  /** Keys that will be added later. */
  delayed(): number;
  /** How long the longest-waiting key has waited, in milliseconds; 0 when none waits. */
  oldestAgeMs(): number;
}

/** @throws TypeError when `maxKeys` is no positive number */
export function createWorkqueue(options: WorkqueueOptions): Workqueue {
  const { clock, random, maxKeys = 100_000, minBackoffMs = 1_000, maxBackoffMs = 30_000 } = options;
  if (!(maxKeys > 0)) throw new TypeError(`Expected maxKeys to be a positive number, got ${maxKeys}`);
  /** In order of arrival; the value is when it arrived. Only these are handed out. */
  const waiting = new Map<string, number>();
  const processing = new Set<string>();
  /** Added while in hand: they wait again after `done`. */
  const dirty = new Set<string>();
  const timers = new Map<string, { dueMs: number; cancel: () => void }>();
  const failures = new Map<string, number>();
  const takers: ((key: string | undefined) => void)[] = [];
  const drained: (() => void)[] = [];
  let isShutdown = false;

  function takeNext(): string | undefined {
    for (const key of waiting.keys()) {
      waiting.delete(key);
      processing.add(key);
      return key;
    }
    return undefined;
  }

  function handOut(): void {
    while (takers.length > 0 && waiting.size > 0) takers.shift()?.(takeNext());
    if (isShutdown && waiting.size === 0 && dirty.size === 0) {
      for (const taker of takers.splice(0)) taker(undefined);
      if (processing.size === 0) for (const resolve of drained.splice(0)) resolve();
    }
  }

  function add(key: string): boolean {
    if (isShutdown) return false;
    if (waiting.has(key) || dirty.has(key)) return true;
    if (waiting.size + dirty.size >= maxKeys) return false;
    if (processing.has(key)) dirty.add(key);
    else waiting.set(key, clock.monotonic());
    handOut();
    return true;
  }

  function addAfter(key: string, delayMs: number): void {
    if (isShutdown) return;
    if (delayMs <= 0) {
      add(key);
      return;
    }
    const dueMs = clock.monotonic() + delayMs;
    const set = timers.get(key);
    if (set && set.dueMs <= dueMs) return;
    set?.cancel();
    const cancel = clock.after(delayMs, () => {
      timers.delete(key);
      // Full: the key must not be lost, so it tries again.
      if (!add(key) && !isShutdown) addAfter(key, minBackoffMs);
    });
    timers.set(key, { dueMs, cancel });
  }

  return {
    add,
    addAfter,
    addRateLimited(key) {
      const before = failures.get(key) ?? 0;
      failures.set(key, before + 1);
      const delayMs = backoffMs(before, random(), { minMs: minBackoffMs, maxMs: maxBackoffMs });
      addAfter(key, delayMs);
      return delayMs;
    },
    forget: (key) => void failures.delete(key),
    failures: (key) => failures.get(key) ?? 0,
    next() {
      const key = takeNext();
      if (key !== undefined) return Promise.resolve(key);
      if (isShutdown && dirty.size === 0) return Promise.resolve(undefined);
      return new Promise((resolve) => takers.push(resolve));
    },
    done(key) {
      if (!processing.delete(key)) return;
      if (dirty.delete(key)) waiting.set(key, clock.monotonic());
      handOut();
    },
    shutdown({ drain = false } = {}) {
      isShutdown = true;
      for (const { cancel } of timers.values()) cancel();
      timers.clear();
      if (!drain) {
        waiting.clear();
        dirty.clear();
      }
      const finished = new Promise<void>((resolve) => drained.push(resolve));
      handOut();
      return finished;
    },
    depth: () => waiting.size,
    active: () => processing.size,
    delayed: () => timers.size,
    oldestAgeMs() {
      for (const addedMs of waiting.values()) return clock.monotonic() - addedMs;
      return 0;
    },
  };
}
