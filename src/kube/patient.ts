import { type Clock, delay } from "../clock.ts";
import { backoffMs } from "./backoff.ts";
import { ApiError, isPassing } from "./errors.ts";

const MOST_TRIES = 5;
const LONGEST_WAIT_MS = 3_000;

/**
 * Makes a call that changes nothing (a read, a dry run, a review) up to five times while its failure may pass, over some seconds; a
 * Retry-After is kept up to three seconds. Throws the last error.
 */
export async function patiently<T>(clock: Clock, call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!isPassing(error) || tries === MOST_TRIES) throw error;
      const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
      const ownMs = backoffMs(tries - 1, 0.5, { minMs: 100, maxMs: LONGEST_WAIT_MS });
      await delay(clock, Math.min(LONGEST_WAIT_MS, Math.max(askedMs, ownMs)));
    }
  }
}
