import { type Clock, delay } from "../clock.ts";
import { backoffMs } from "./backoff.ts";
import { ApiError, isPassing } from "./errors.ts";

const MOST_TRIES = 5;
const LONGEST_WAIT_MS = 3_000;

export interface Patience {
  /** On the clock's monotonic time: tries go on until then. @default five tries, over some seconds */
  untilMs?: number;
  /** Called when the first try fails in a way that may pass. */
  onTrouble?: (error: unknown) => void;
  /** Ends a wait between two tries; its reason is thrown. */
  signal?: AbortSignal;
}

/**
 * Makes a call that may be made twice (a read, a dry run, a review, the deletion of one uid) again while its failure may pass; a
 * Retry-After is kept up to three seconds. Throws the last error.
 */
export async function patiently<T>(clock: Clock, call: () => Promise<T>, patience: Patience = {}): Promise<T> {
  const { untilMs, onTrouble, signal } = patience;
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      const leftMs = (untilMs ?? Number.POSITIVE_INFINITY) - clock.monotonic();
      const isOver = untilMs === undefined ? tries === MOST_TRIES : leftMs <= 0;
      if (!isPassing(error) || isOver) throw error;
      if (tries === 1) onTrouble?.(error);
      const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
      const ownMs = backoffMs(tries - 1, 0.5, { minMs: 100, maxMs: LONGEST_WAIT_MS });
      await delay(clock, Math.min(leftMs, LONGEST_WAIT_MS, Math.max(askedMs, ownMs)), signal);
    }
  }
}
