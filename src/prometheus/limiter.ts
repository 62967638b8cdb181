/** Lets `limit` calls run at a time; the rest wait in order. */
export function createLimiter(limit: number): <T>(run: () => Promise<T>, signal: AbortSignal) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (running < limit) {
      running++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const go = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", leave, { once: true });
      waiting.push(go);
    });
  }

  return async (run, signal) => {
    await enter(signal);
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      // The place is handed over rather than given back, so that nobody overtakes.
      if (next) next();
      else running--;
    }
  };
}
