import fc from "fast-check";
import { expect, test } from "vitest";
import { PHASES, type Phase } from "../../src/api/phase.ts";
import { play } from "./play.ts";
import { ACTION_KINDS, schedules, told, type Action } from "./schedule.ts";

const RUNS = Number(process.env["SLUICE_FAULT_RUNS"] ?? 120);
/** The same in every run, so that a red one means a change; `npm run faults:random` draws one of its own. */
const SEED = Number(process.env["SLUICE_FAULT_SEED"] ?? 13);
const PATH = process.env["SLUICE_FAULT_PATH"];
/** Shrinking is given up after this long, with what it has come to. */
const SHRINK_MS = Number(process.env["SLUICE_FAULT_SHRINK_MS"] ?? 120_000);
const KINDS = (process.env["SLUICE_FAULT_KINDS"]?.split(",") ?? ACTION_KINDS) as Action["kind"][];

test("no random schedule of faults and foreign hands breaks what is promised", { timeout: 3_600_000 }, async () => {
  const startedMs = performance.now();
  const reached = new Set<Phase>();
  const property = fc.asyncProperty(schedules(KINDS), async (schedule) => {
    const { broken, states } = await play(schedule);
    for (const state of states) reached.add(state);
    if (broken.length > 0) throw new Error(broken.map((sentence) => `  ${sentence}`).join("\n"));
  });
  const result = await fc.check(property, {
    numRuns: RUNS,
    seed: SEED,
    interruptAfterTimeLimit: RUNS * 1_000 + SHRINK_MS,
    endOnFailure: SHRINK_MS === 0,
    ...(PATH === undefined ? {} : { path: PATH }),
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const missed = PHASES.filter((phase) => !reached.has(phase));
  const about = missed.length === 0 ? "every state reached" : `not reached: ${missed.join(", ")}`;
  console.log(`faults: ${result.numRuns} schedules in ${seconds} s, seed ${result.seed}; ${about}`);
  const [schedule] = result.counterexample ?? [];
  const why = result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance);
  const again = `again with: SLUICE_FAULT_SEED=${result.seed} SLUICE_FAULT_PATH=${result.counterexamplePath}`;
  expect.soft(schedule === undefined ? "" : `${why}\nin\n${told(schedule)}\n${again}`).toBe("");
  expect(result.failed).toBe(false);
});
