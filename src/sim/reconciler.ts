import type { Timeline } from "./timeline.ts";

/** Keys that want a look. However often a key is added before its turn, it is looked at once. */
export interface Reconciler {
  add(key: string): void;
  addAfter(key: string, delayMs: number): void;
}

/** @param reactionMs from the first cause until the look, as informer and queue of a real controller take */
export function createReconciler(timeline: Timeline, reactionMs: number, sync: (key: string) => void): Reconciler {
  const pending = new Set<string>();
  let armed = false;

  function drain(): void {
    armed = false;
    const keys = [...pending];
    pending.clear();
    for (const key of keys) sync(key);
  }

  function add(key: string): void {
    pending.add(key);
    if (armed) return;
    armed = true;
    timeline.after(reactionMs, drain);
  }

  return { add, addAfter: (key, delayMs) => void timeline.after(delayMs, () => add(key)) };
}
