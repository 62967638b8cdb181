import { expect, test } from "vitest";
import { run, runSpec } from "../../test/contract/runs.ts";
import { parseRun } from "./validate.ts";

test("a run that nobody has looked at has the status that runs begin with", () => {
  expect(parseRun(run())).toMatchObject({
    ok: true,
    status: { observedGeneration: -1, phase: "Preflight", step: 0, weightInForce: 0, transitions: [], conditions: [] },
  });
});

test("fields of a later version are left out, wherever they stand", () => {
  const spec = runSpec();
  const later = {
    ...spec,
    shard: 3,
    plan: { ...spec.plan, steps: spec.plan.steps.map((step) => ({ ...step, mirror: true })), windows: [] },
    commands: [{ id: "1", verb: "pause", via: "slack" }],
  };
  const parsed = parseRun({ ...run(later), status: { phase: "Observing", step: 1, shadow: { of: "later" } } });
  expect(parsed).toMatchObject({ ok: true, status: { phase: "Observing", step: 1 } });
  expect(parsed.ok && parsed.spec).toEqual({ ...spec, commands: [{ id: "1", verb: "pause" }] });
});

test("the stored object is left as it is", () => {
  const stored = run({ ...runSpec(), shard: 3 });
  parseRun(stored);
  expect(stored.spec).toHaveProperty("shard", 3);
});

test("a run without what it acts on is refused, naming what is missing", () => {
  const { pinned: _pinned, ...spec } = runSpec();
  const parsed = parseRun({ ...run(spec), status: { phase: "Resting" } });
  expect(parsed).toMatchObject({
    ok: false,
    problems: [
      { path: "spec.pinned", message: "missing: expected an object" },
      { path: "status.phase", message: expect.stringContaining('got "Resting"') },
    ],
  });
});

test.each([undefined, null, 5, "run", []])("%j is no run", (object) => {
  expect(parseRun(object).ok).toBe(false);
});
