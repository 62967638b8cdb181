/** Sentences about what was broken, each with when it was first seen, in order. */
export interface Verdicts {
  /** The invariant: `I` and the number of its promise in docs/safety.md. The same sentence is kept once. */
  broken(invariant: string, sentence: string): void;
  all(): readonly string[];
}

export function createVerdicts(nowMs: () => number): Verdicts {
  const startMs = nowMs();
  const found = new Map<string, string>();
  return {
    broken(invariant, sentence) {
      const key = `${invariant} ${sentence}`;
      if (!found.has(key))
        found.set(key, `${invariant} after ${((nowMs() - startMs) / 1000).toFixed(1)} s: ${sentence}`);
    },
    all: () => [...found.values()],
  };
}
