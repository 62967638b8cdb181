export interface BackoffOptions {
  /** No delay is shorter. @default 1000 */
  minMs?: number;
  /** No delay is longer. @default 30000 */
  maxMs?: number;
}

/**
 * Milliseconds to wait before repeat number `attempt` (the first is 0): a random point in the upper half of a window that
 * doubles, so that a herd of clients spreads out and none of them comes back at once. By default 1 to 2 s, then 2 to 4, up to 15 to 30.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("equal jitter").
 * @param random from [0, 1)
 */
export function backoffMs(attempt: number, random: number, options: BackoffOptions = {}): number {
  const { minMs = 1_000, maxMs = 30_000 } = options;
  const windowMs = Math.min(maxMs, minMs * 2 ** Math.min(Math.max(0, attempt) + 1, 40));
  return Math.round((windowMs / 2) * (1 + random));
}

/** `baseMs` stretched by up to `fraction` of itself: what keeps periodic work of many clients apart. */
export function jitteredMs(baseMs: number, fraction: number, random: number): number {
  return Math.round(baseMs * (1 + fraction * random));
}
