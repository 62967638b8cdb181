import fc from "fast-check";
import type { Phase } from "../../src/api/phase.ts";
import { play } from "./play.ts";
import { schedules, told, type Action } from "./schedule.ts";

/** Some schedules that are drawn from one seed. */
export interface Batch {
  seed: number;
  runs: number;
  kinds: readonly Action["kind"][];
  /** Shrinking is given up after this long, with what it has come to; 0: nothing is shrunk. Milliseconds. */
  shrinkMs: number;
  /** The one schedule that was reached by this path from the seed, instead of all. */
  path?: string;
}

export interface Outcome {
  seed: number;
  /** Schedules that were played; those of the shrinking are not among them. */
  played: number;
  states: readonly Phase[];
  failure?: Failure;
}

/** A schedule that breaks a promise, as short as it could be made. */
export interface Failure {
  /** One line for each broken promise. */
  why: string;
  schedule: string;
  seed: number;
  path: string;
}

/** Plays a batch, up to the first schedule that breaks a promise, which is shrunk. The same batch gives the same outcome. */
export async function playBatch({ seed, runs, kinds, shrinkMs, path }: Batch): Promise<Outcome> {
  const states = new Set<Phase>();
  let failedMs: number | undefined;
  let played = 0;
  const property = fc.asyncProperty(schedules(kinds), async (schedule) => {
    // Out of time for shrinking: what is left counts as no shorter way to fail.
    if (failedMs !== undefined && performance.now() - failedMs > shrinkMs) return;
    if (failedMs === undefined) played += 1;
    const result = await play(schedule);
    for (const state of result.states) states.add(state);
    if (result.broken.length === 0) return;
    failedMs ??= performance.now();
    throw new Error(result.broken.map((sentence) => `  ${sentence}`).join("\n"));
  });
  const result = await fc.check(property, {
    seed,
    numRuns: runs,
    endOnFailure: shrinkMs === 0,
    ...(path === undefined ? {} : { path }),
  });
  const [schedule] = result.counterexample ?? [];
  const outcome = { seed, played, states: [...states] };
  if (schedule === undefined) return outcome;
  const why = result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance);
  return { ...outcome, failure: { why, schedule: told(schedule), seed, path: result.counterexamplePath ?? "0" } };
}
