import { describe, expect, test } from "vitest";
import type { Verb } from "../api/phase.ts";
import type { RunStatus } from "../api/run.ts";
import { run } from "./run-fixture.test-helper.ts";
import { chooseRun, needStep } from "./tell-run.ts";

const ended = run(1, { phase: "RolledBack", end: { reason: "Breach", message: "7 of 20 failed" } });
const active = run(2, { phase: "Observing" });

describe("the run that a command is for", () => {
  test("is the one under way", () => {
    expect(chooseRun("pause", "checkout", [active, ended], undefined).name).toBe("checkout-2");
  });

  test("is the newest for retry, also when that has ended", () => {
    expect(chooseRun("retry", "checkout", [ended], undefined).name).toBe("checkout-1");
  });

  test("is missing when none is under way, with what came of the last and what can be done", () => {
    expect(() => chooseRun("pause", "checkout", [ended], undefined)).toThrow(
      /nothing to pause: checkout-1 has ended \(RolledBack: 7 of 20 failed\)\n.*sluice retry checkout -n shop/,
    );
  });

  test("is missing when there was none yet", () => {
    expect(() => chooseRun("retry", "checkout", [], undefined)).toThrow("has had no run yet");
  });

  test("must be named when several are under way", () => {
    const other = run(3, { phase: "Observing" });
    expect(() => chooseRun("pause", "checkout", [other, active], undefined)).toThrow(
      "several runs of checkout are under way: checkout-3, checkout-2",
    );
    expect(chooseRun("pause", "checkout", [other, active], "checkout-2").name).toBe("checkout-2");
  });

  test("is refused by name when it has ended or never was", () => {
    expect(() => chooseRun("abort", "checkout", [active, ended], "checkout-1")).toThrow("cannot be told to abort");
    expect(() => chooseRun("retry", "checkout", [active, ended], "checkout-1")).toThrow("cannot be told to retry");
    expect(() => chooseRun("abort", "checkout", [active], "checkout-9")).toThrow(
      "has no run checkout-9\nIt has: checkout-2",
    );
  });
});

describe("a step that is left out", () => {
  const ask = (verb: Verb, status: Partial<RunStatus>) =>
    needStep({ verb, name: "checkout", step: undefined }, run(1, status));

  test("is told when it waits for approval", () => {
    expect(() => ask("approve", { phase: "Waiting", step: 2 })).toThrow(
      "third waits for approval\nType: sluice approve checkout third -n shop",
    );
  });

  test("is told to be none when none waits, with those that will", () => {
    expect(() => ask("approve", { phase: "Observing", step: 1 })).toThrow(
      "none waits for approval now\nSteps that ask for one: third",
    );
    expect(() => ask("approve", { phase: "Waiting", step: 2, approved: ["third"] })).toThrow("none waits");
  });

  test("is told for skip: the one at hand", () => {
    expect(() => ask("skip", { phase: "Observing", step: 1 })).toThrow("third is at hand");
    expect(() => ask("skip", { phase: "Waiting", step: 1 })).toThrow("first is at hand");
  });

  test("is none of other verbs' business", () => {
    expect(ask("pause", {})).toBeUndefined();
  });
});
