import { describe, expect, test } from "vitest";
import { runStatusSchema } from "../api/run.ts";
import { NOW, SPEC } from "./facts.test-helper.ts";
import { rfc3339 } from "./memory.ts";
import { lastTold } from "./notice.ts";

const at = (seconds: number) => rfc3339(NOW + seconds * 1000);
const transitions = [
  { at: at(0), from: "Preflight", to: "Waiting", event: "checksPassed", message: "every check passed" },
  { at: at(0), from: "Waiting", to: "Fencing", event: "gateOpen" },
  { at: at(5), from: "Fencing", to: "Scaling", event: "fenced" },
];

describe("what a pass had to tell", () => {
  test("is told again from the record alone, under the same names", () => {
    const status = runStatusSchema.parse({ phase: "Fencing", transitions: transitions.slice(0, 2) });
    const told = lastTold({ name: "checkout-1", spec: SPEC, status });
    expect(told).toEqual([
      {
        id: "checkout-1.0.preflight.waiting",
        type: "Normal",
        reason: "PreflightPassed",
        message: "every check passed",
      },
    ]);
  });

  test("is what the last one had to tell, not the ones before", () => {
    const status = runStatusSchema.parse({ phase: "Scaling", transitions });
    const told = lastTold({ name: "checkout-1", spec: SPEC, status });
    expect(told.map(({ reason }) => reason)).toEqual(["Scaling"]);
  });

  test("leaves out what is only remarked: that has an Event by another name", () => {
    const remark = { at: at(5), from: "Scaling", to: "Scaling", event: "commandRefused", message: "no", by: "ann" };
    const stalled = { reason: "CandidateLost", message: "no pod is ready" };
    const status = runStatusSchema.parse({ phase: "Scaling", stalled, transitions: [...transitions, remark] });
    const told = lastTold({ name: "checkout-1", spec: SPEC, status });
    expect(told.map(({ reason }) => reason)).toEqual(["Scaling"]);
  });

  test("is nothing for a run that has not moved yet", () => {
    expect(lastTold({ name: "checkout-1", spec: SPEC, status: runStatusSchema.parse({}) })).toEqual([]);
  });
});
