import { expect, test } from "vitest";
import { ACTION_KINDS } from "./schedule.ts";
import { search, summary, toldFailure } from "./search.ts";

/** The same in every run, so that a red one means a change; `npm run faults:random` draws others. */
const SEED = 13;
const RUNS = Number(process.env["SLUICE_FAULT_RUNS"] ?? 20_000);
/** Of these, as many as the time for them allows. */
const LIMIT_MS = Number(process.env["SLUICE_FAULT_MINUTES"] ?? 5) * 60_000;
/** Fewer in that time would say little. */
const LEAST = Math.min(RUNS, 1_000);

test("no random schedule of faults and foreign hands breaks what is promised", { timeout: 3_600_000 }, async () => {
  const searched = await search({
    seed: SEED,
    runs: RUNS,
    limitMs: LIMIT_MS,
    kinds: ACTION_KINDS,
    shrinkMs: 120_000,
  });
  console.log(summary(searched, SEED));
  expect(searched.failures.map(toldFailure).join("\n\n")).toBe("");
  expect(searched.played).toBeGreaterThanOrEqual(LEAST);
  expect(searched.missed).toEqual([]);
});
