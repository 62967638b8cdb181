/** For how long something has been exactly as it is now, as far as this process has seen. Forgotten in a restart, which only makes it wait again. */
export interface SettleTracker {
  /** Notes how `key` looks at `nowMs` (monotonic) and gives for how many milliseconds it has looked like that. */
  forMs(key: string, looks: string, nowMs: number): number;
  forget(prefix: string): void;
}

export function createSettleTracker(): SettleTracker {
  const seen = new Map<string, { looks: string; sinceMs: number }>();
  return {
    forMs(key, looks, nowMs) {
      const before = seen.get(key);
      if (before?.looks === looks) return nowMs - before.sinceMs;
      seen.set(key, { looks, sinceMs: nowMs });
      return 0;
    },
    forget(prefix) {
      for (const key of seen.keys()) if (key.startsWith(prefix)) seen.delete(key);
    },
  };
}
