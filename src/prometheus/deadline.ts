import type { Clock } from "../clock.ts";

/**
 * Runs `run` with a signal that `deadlineMs` on `clock` or `outer` aborts, and resolves with `late` then, even when `run` takes
 * no notice. What `run` rejects with is passed on.
 */
export function withDeadline<T>(
  clock: Clock,
  deadlineMs: number,
  outer: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
  late: T,
): Promise<T> {
  const inner = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const giveUp = () => {
      release();
      inner.abort();
      resolve(late);
    };
    const cancel = clock.after(deadlineMs, giveUp);
    const release = () => {
      cancel();
      outer.removeEventListener("abort", giveUp);
    };
    if (outer.aborted) {
      giveUp();
      return;
    }
    outer.addEventListener("abort", giveUp, { once: true });
    run(inner.signal).then(resolve, reject).finally(release);
  });
}
