import { setTimeout as sleep } from "node:timers/promises";

export interface WaitOptions {
  /** How long until the condition is given up on. @default 30000 */
  withinMs?: number;
  /** @default 50 */
  everyMs?: number;
  signal?: AbortSignal;
}

/**
 * Waits until `probe` gives something other than undefined or false, and returns that. A probe that throws counts as not yet;
 * its last error is in the message when time runs out.
 *
 * @example await until("checkout has 3 ready pods", async () => (await readyPods()) === 3);
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions = {},
): Promise<T> {
  const withinMs = options.withinMs ?? 30_000;
  const deadlineMs = performance.now() + withinMs;
  let lastError: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const result = await probe();
      if (result !== undefined && result !== false) return result;
      lastError = undefined;
    } catch (error) {
      if (error instanceof GiveUp) throw error;
      lastError = error;
    }
    if (performance.now() >= deadlineMs) {
      const reason = lastError instanceof Error ? `: ${lastError.message}` : "";
      throw new Error(`not within ${withinMs} ms: ${what}${reason}`, { cause: lastError });
    }
    await sleep(options.everyMs ?? 50, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** Thrown by a probe that knows that waiting longer is in vain. */
export class GiveUp extends Error {}
