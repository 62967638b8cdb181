import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isFinal, OUTCOMES, PHASES, STATES, type Phase } from "../api/phase.ts";
import { rolloutStatusSchema } from "../api/run.ts";
import { parseRun, validateRollout } from "../api/validate.ts";
import { runStanding } from "./conditions.ts";
import { EVENTS } from "./event.ts";
import { step } from "./machine.ts";
import { memoryOf, msOf } from "./memory.ts";

/** Runs and Rollouts as released versions wrote them (test/stored/collect.ts): clusters hold such, and each must go on from there. */
const folder = new URL("../../test/stored/", import.meta.url);

interface Stored {
  rollout: Record<string, unknown>;
  run: { metadata: { name: string } } & Record<string, unknown>;
}

const versions = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
const files = versions.flatMap((version) =>
  readdirSync(new URL(`${version}/`, folder)).map((file) => [version, file.replace(".json", "")] as const),
);

function read(version: string, phase: string): Stored {
  return JSON.parse(readFileSync(new URL(`${version}/${phase}.json`, folder), "utf8")) as Stored;
}

test("a run in every phase that this version can write is kept for the versions to come", () => {
  const kept = new Set(files.map(([, phase]) => phase));
  expect(PHASES.filter((phase) => !kept.has(phase))).toEqual([]);
});

describe.each(files)("what %s wrote in %s", (version, phase) => {
  const { rollout, run } = read(version, phase);
  const parsed = parseRun(run);

  test("is read without a loss", () => {
    expect(parsed).toMatchObject({ ok: true, spec: run["spec"], status: { ...(run["status"] as object), phase } });
    expect(validateRollout(rollout)).toMatchObject({ ok: true });
    expect(rolloutStatusSchema.parse(rollout["status"])).toMatchObject(rollout["status"] as object);
  });

  test("is told to people", () => {
    if (!parsed.ok) throw new Error("the run cannot be read");
    expect(runStanding(run.metadata.name, parsed.spec, parsed.status).message).not.toBe("");
  });

  test("goes on from there, whatever happens next", () => {
    if (!parsed.ok) throw new Error("the run cannot be read");
    const memory = memoryOf(parsed.status);
    const nowMs = (msOf(memory.since) ?? 0) + 1_000;
    const reached = EVENTS.map(
      (type) => step(parsed.status.phase, memory, parsed.spec.plan, { type, message: "as it may be", nowMs }).phase,
    );
    const known: readonly Phase[] = [...STATES, ...OUTCOMES];
    expect(reached.filter((next) => !known.includes(next))).toEqual([]);
    if (!isFinal(parsed.status.phase)) expect(new Set(reached).size).toBeGreaterThan(1);
  });
});
