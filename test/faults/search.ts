import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { PHASES, type Phase } from "../../src/api/phase.ts";
import { seededRandom } from "../../src/sim/random.ts";
import type { Batch, Failure, Outcome } from "./batch.ts";

export interface SearchOptions extends Pick<Batch, "kinds" | "shrinkMs"> {
  /** Everything follows from it, whatever the number of threads. */
  seed: number;
  /** Schedules at most. */
  runs: number;
  /** No batch is begun after this long. */
  limitMs: number;
  /** @default one for each core */
  threads?: number;
  onProgress?: (played: number) => void;
}

export interface Searched {
  played: number;
  seconds: number;
  /** States that no run was in. */
  missed: readonly Phase[];
  failures: readonly Failure[];
}

/** As many as one thread plays in some seconds: a batch that fails ends there, and its seed is found again quickly. */
const BATCH_RUNS = 50;

/** Plays random schedules in batches on all cores, until there were enough, time is up or one has failed. */
export async function search(options: SearchOptions): Promise<Searched> {
  const { runs, kinds, shrinkMs, limitMs, threads = availableParallelism(), onProgress } = options;
  const random = seededRandom(options.seed);
  const startedMs = performance.now();
  const reached = new Set<Phase>();
  const failures: Failure[] = [];
  let begun = 0;
  let played = 0;

  function nextBatch(): Batch | undefined {
    const isOver = performance.now() - startedMs >= limitMs || failures.length > 0;
    if (isOver || begun >= runs) return undefined;
    const size = Math.min(BATCH_RUNS, runs - begun);
    begun += size;
    return { seed: Math.floor(random() * 0x7fff_ffff), runs: size, kinds, shrinkMs };
  }

  function take(outcome: Outcome): void {
    played += outcome.played;
    for (const state of outcome.states) reached.add(state);
    if (outcome.failure !== undefined) failures.push(outcome.failure);
    onProgress?.(played);
  }

  async function work(): Promise<void> {
    const first = nextBatch();
    if (first === undefined) return;
    const worker = new Worker(new URL("./batch-worker.ts", import.meta.url), { execArgv: [] });
    try {
      for (let batch: Batch | undefined = first; batch !== undefined; batch = nextBatch()) {
        take(await answerOf(worker, batch));
      }
    } finally {
      await worker.terminate();
    }
  }

  await Promise.all(Array.from({ length: threads }, work));
  return {
    played,
    seconds: (performance.now() - startedMs) / 1000,
    missed: PHASES.filter((phase) => !reached.has(phase)),
    failures,
  };
}

function answerOf(worker: Worker, batch: Batch): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  worker.once("message", resolve);
  worker.once("error", reject);
  worker.postMessage(batch);
  return promise.finally(() => void worker.off("error", reject));
}

/** What people read of a search that has ended. */
export function summary({ played, seconds, missed }: Searched, seed: number): string {
  const about = missed.length === 0 ? "every state reached" : `not reached: ${missed.join(", ")}`;
  const rate = (played / seconds).toFixed(1);
  return `faults: ${played} schedules in ${seconds.toFixed(1)} s (${rate} a second), seed ${seed}; ${about}`;
}

/** One that breaks a promise, with the command that plays it again. */
export function toldFailure({ why, schedule, seed, path }: Failure): string {
  return `${why}\nin\n${schedule}\nagain with: npm run faults:random -- --seed ${seed} --path ${path}`;
}
