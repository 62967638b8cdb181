import { expect, test } from "vitest";
import { runStatusSchema, type RunStatus } from "../api/run.ts";
import { withoutFuture } from "./clock-back.ts";
import { MINUTE, NOW, PLAN } from "./facts.test-helper.ts";
import { rfc3339 } from "./memory.ts";

const status = (given: Partial<RunStatus>): RunStatus => ({ ...runStatusSchema.parse({}), ...given });

test("what has happened has happened by now, and a deadline is as far away as when it is set", () => {
  const ahead = rfc3339(NOW + 60 * MINUTE);
  const happened = { since: ahead, startedAt: ahead, evidenceSince: ahead, appliedAt: ahead, inconclusiveSince: ahead };
  const deadlines = { progress: ahead, keep: ahead, inconclusive: ahead };
  expect(withoutFuture(status({ phase: "Keeping", ...happened, deadlines }), PLAN, NOW)).toMatchObject({
    ...Object.fromEntries(Object.keys(happened).map((name) => [name, rfc3339(NOW)])),
    deadlines: {
      progress: rfc3339(NOW + PLAN.progressDeadlineMs),
      keep: rfc3339(NOW + PLAN.keepPreviousMs),
      inconclusive: rfc3339(NOW + PLAN.analysis.onInconclusive.holdMs),
    },
  });
});

test("a drain is as long as a drain", () => {
  const deadlines = { progress: rfc3339(NOW + MINUTE) };
  const mended = withoutFuture(status({ phase: "Draining", deadlines }), PLAN, NOW);
  expect(mended.deadlines).toEqual({ progress: rfc3339(NOW + PLAN.drainAfterMs) });
});

test("times of a clock that agrees, or was behind, are left alone, to the very value", () => {
  const told = status({
    phase: "Scaling",
    since: rfc3339(NOW),
    startedAt: rfc3339(NOW - MINUTE),
    deadlines: { progress: rfc3339(NOW + PLAN.progressDeadlineMs) },
  });
  expect(withoutFuture(told, PLAN, NOW)).toBe(told);
});
