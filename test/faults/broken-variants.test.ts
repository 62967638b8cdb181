import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { STATES } from "../../src/api/phase.ts";
import type { Decision } from "../../src/engine/decide.ts";
import type { RunFacts } from "../../src/engine/facts.ts";
import { play } from "./play.ts";
import { at, schedules, type Action, type Schedule } from "./schedule.ts";
import { INVARIANTS, listed, listedRows, VARIANTS, type Variant } from "./variants.ts";

const now = vi.hoisted(() => ({ variant: undefined as Variant | undefined }));

vi.mock(import("../../src/engine/decide.ts"), async (original) => {
  const { decide, ...rest } = await original();
  const broken = (facts: RunFacts): Decision => {
    const { breaking = {}, state } = now.variant ?? {};
    const isIn = (phase: string) => state === undefined || phase === state;
    const seen = isIn(facts.run.status.phase) ? { ...facts, ...breaking.facts?.(facts) } : facts;
    const decision = decide(seen);
    if (!isIn(decision.status.phase)) return decision;
    return {
      ...decision,
      status: { ...decision.status, ...breaking.status?.(decision, facts) },
      desired: {
        ...decision.desired,
        ...breaking.desired?.(decision.desired, { ...facts, run: { ...facts.run, status: decision.status } }),
      },
    };
  };
  return { ...rest, decide: broken };
});

vi.mock(import("../../src/controller/persist.ts"), async (original) => {
  const { persistRun, memoryKey } = await original();
  return {
    memoryKey,
    persistRun(context, run, next, lastWriteMs) {
      if (now.variant?.breaking.trustsForeignMemory !== true) return persistRun(context, run, next, lastWriteMs);
      context.persisted.set(run.uid, memoryKey(next));
      return persistRun(context, run, next, lastWriteMs ?? context.clock.monotonic());
    },
  };
});

afterEach(() => {
  now.variant = undefined;
});

const isOfKinds = (schedule: Variant["schedule"]): schedule is readonly Action["kind"][] =>
  schedule.every((one) => typeof one === "string");

/** What the schedule breaks with this engine; undefined for the sound one. */
async function brokenBy(variant: Variant | undefined, schedule: Schedule): Promise<readonly string[]> {
  now.variant = variant;
  return (await play(schedule)).broken;
}

/** The first schedule of these kinds that breaks the invariant. */
async function findBy(variant: Variant, kinds: readonly Action["kind"][]): Promise<Schedule | undefined> {
  const property = fc.asyncProperty(schedules(kinds), async (schedule) => {
    const broken = await brokenBy(variant, schedule);
    return !broken.some((sentence) => sentence.startsWith(variant.invariant));
  });
  const { counterexample } = await fc.check(property, { numRuns: 80, seed: 1, endOnFailure: true });
  return counterexample?.[0];
}

describe("is caught: an engine that", () => {
  test.each(VARIANTS)("$name ($invariant, $state)", async (variant) => {
    const { schedule: how, setting = {}, invariant } = variant;
    const schedule = isOfKinds(how) ? await findBy(variant, how) : at(how, setting);
    if (schedule === undefined) throw new Error("no schedule finds it");
    const broken = await brokenBy(variant, schedule);
    expect(broken.filter((sentence) => sentence.startsWith(invariant))).not.toEqual([]);
    expect(await brokenBy(undefined, schedule)).toEqual([]);
  });
});

test("each promise, and each state, has an engine that is broken there", () => {
  console.log(`faults: engines that are broken on purpose, each caught by what is in brackets:\n${listed()}`);
  expect(INVARIANTS.filter((one) => !VARIANTS.some(({ invariant }) => invariant === one))).toEqual([]);
  expect(STATES.filter((one) => !VARIANTS.some(({ state }) => state === one))).toEqual([]);
});

test("docs/safety.md lists them", () => {
  const doc = readFileSync(join(import.meta.dirname, "..", "..", "docs", "safety.md"), "utf8").split("\n");
  expect(doc.filter((line) => listedRows().includes(line))).toEqual(listedRows());
});
