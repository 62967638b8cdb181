import { type Load, type LoadOptions, startLoad } from "../load.ts";
import { isFailure } from "../request-log.ts";

export interface LoadTally {
  requests: number;
  failed: number;
  byVersion: Readonly<Record<string, number>>;
}

/** Users for as long as the lab is there. A load keeps every answer; of these only counts are kept. */
export interface SteadyLoad extends AsyncDisposable {
  /** What ended since it was last asked. */
  take(): LoadTally;
}

export interface SteadyLoadOptions extends LoadOptions {
  /** Answers that one load may hold before another takes its place, without a gap. @default 50000 */
  readonly mostAnswers?: number;
}

export function startSteadyLoad(options: SteadyLoadOptions): SteadyLoad {
  const { mostAnswers = 50_000 } = options;
  let load = startLoad(options);
  let seen = 0;
  /** Those that send no more, but still wait for answers; and how many of theirs are counted. */
  const leaving = new Map<Load, number>();

  function count(from: Load, start: number, tally: LoadTally & { byVersion: Record<string, number> }): number {
    const { answers } = from.log;
    for (const answer of answers.slice(start)) {
      tally.requests++;
      if (isFailure(answer)) tally.failed++;
      tally.byVersion[answer.version] = (tally.byVersion[answer.version] ?? 0) + 1;
    }
    return answers.length;
  }

  function replace(): void {
    const old = load;
    leaving.set(old, seen);
    load = startLoad(options);
    seen = 0;
    void old.stop();
  }

  return {
    take() {
      const tally = { requests: 0, failed: 0, byVersion: {} };
      for (const [old, counted] of leaving) {
        const ended = old.inFlight === 0;
        leaving.set(old, count(old, counted, tally));
        if (ended) leaving.delete(old);
      }
      seen = count(load, seen, tally);
      if (seen > mostAnswers) replace();
      return tally;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([load, ...leaving.keys()].map((each) => each.stop()));
    },
  };
}
