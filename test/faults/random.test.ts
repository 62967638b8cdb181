import fc from "fast-check";
import { expect, test } from "vitest";
import { play } from "./play.ts";
import { ACTION_KINDS, schedules, told, type Action } from "./schedule.ts";

const RUNS = Number(process.env["SLUICE_FAULT_RUNS"] ?? 40);
const SEED = Number(process.env["SLUICE_FAULT_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const PATH = process.env["SLUICE_FAULT_PATH"];
const KINDS = (process.env["SLUICE_FAULT_KINDS"]?.split(",") ?? ACTION_KINDS) as Action["kind"][];

test("no random schedule of faults and foreign hands breaks what is promised", { timeout: 3_600_000 }, async () => {
  const startedMs = performance.now();
  const property = fc.asyncProperty(schedules(KINDS), async (schedule) => {
    const broken = await play(schedule);
    if (broken.length > 0) throw new Error(broken.map((sentence) => `  ${sentence}`).join("\n"));
  });
  const result = await fc.check(property, { numRuns: RUNS, seed: SEED, ...(PATH === undefined ? {} : { path: PATH }) });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`faults: ${result.numRuns} schedules in ${seconds} s, seed ${result.seed}`);
  const [schedule] = result.counterexample ?? [];
  const why = result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance);
  const again = `again with: SLUICE_FAULT_SEED=${result.seed} SLUICE_FAULT_PATH=${result.counterexamplePath}`;
  expect.soft(schedule === undefined ? "" : `${why}\nin\n${told(schedule)}\n${again}`).toBe("");
  expect(result.failed).toBe(false);
});
