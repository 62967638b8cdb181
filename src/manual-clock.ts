import type { Clock } from "./clock.ts";

/** A clock that only its owner moves: for tests, and for anything that must run faster than time. */
export interface ManualClock extends Clock {
  /**
   * Moves both times forward by `ms`, firing what falls due in order of time, then of registration. Between timers it lets
   * promises and I/O that is ready settle, so that what one timer starts may still set another within the same advance.
   */
  advance(ms: number): Promise<void>;
  /**
   * Moves from timer to timer until `done()` holds. Waits for I/O while no timer is left or due within `limitMs`.
   * @throws Error when `limitMs` of this clock have passed, or a generous number of rounds without any timer, and it still does not hold.
   */
  advanceUntil(done: () => boolean, limitMs?: number): Promise<void>;
  /** Moves the wall clock alone, backwards too: an NTP step. Timers and `monotonic()` do not notice. */
  setWall(nowMs: number): void;
  /** How many timers are set. */
  pending(): number;
}

interface Timer {
  dueMs: number;
  order: number;
  run: () => void;
}

/** Captured at import, so that a test framework's fake timers cannot stop this clock from settling. */
const nextTick = globalThis.setImmediate;

/** Lets promises run, and callbacks of I/O that is already complete: one round is enough where there is no I/O. */
export async function settle(rounds = 3): Promise<void> {
  for (let round = 0; round < rounds; round++) await new Promise<void>((resolve) => nextTick(resolve));
}

/** Starts at `startMs` since the Unix epoch; monotonic time starts at 0. `rounds`: see `settle`, which it does between timers. */
export function createManualClock(startMs = Date.UTC(2026, 0, 1), rounds?: number): ManualClock {
  const timers = new Set<Timer>();
  let elapsedMs = 0;
  let wallOffsetMs = startMs;
  let order = 0;

  function earliest(untilMs: number): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs > untilMs) continue;
      if (!best || timer.dueMs < best.dueMs || (timer.dueMs === best.dueMs && timer.order < best.order)) best = timer;
    }
    return best;
  }

  function fire(timer: Timer): void {
    timers.delete(timer);
    elapsedMs = Math.max(elapsedMs, timer.dueMs);
    timer.run();
  }

  return {
    now: () => elapsedMs + wallOffsetMs,
    monotonic: () => elapsedMs,
    after(delayMs, run) {
      const timer = { dueMs: elapsedMs + Math.max(0, delayMs), order: order++, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const targetMs = elapsedMs + ms;
      await settle(rounds);
      for (let next = earliest(targetMs); next; next = earliest(targetMs)) {
        fire(next);
        await settle(rounds);
      }
      elapsedMs = targetMs;
      await settle(rounds);
    },
    async advanceUntil(done, limitMs = 3_600_000) {
      const targetMs = elapsedMs + limitMs;
      for (let idleRounds = 0; !done(); ) {
        await settle(rounds);
        if (done()) return;
        const next = earliest(targetMs);
        if (next) {
          idleRounds = 0;
          fire(next);
        } else if (++idleRounds > 20_000) {
          throw new Error(`not reached after ${limitMs} ms of the manual clock; ${timers.size} timers are set`);
        }
      }
    },
    setWall(nowMs) {
      wallOffsetMs = nowMs - elapsedMs;
    },
    pending: () => timers.size,
  };
}
