import { expect, test } from "vitest";
import { runStatusSchema, type RunStatus } from "../api/run.ts";
import { withoutFuture } from "./clock-back.ts";
import { MINUTE, NOW, PLAN } from "./facts.test-helper.ts";
import { rfc3339 } from "./memory.ts";

const status = (given: Partial<RunStatus>): RunStatus => ({ ...runStatusSchema.parse({}), ...given });

test("what has happened has happened by now, and a deadline is as far away as when it is set", () => {
  const ahead = rfc3339(NOW + 60 * MINUTE);
  const happened = { since: ahead, startedAt: ahead, evidenceSince: ahead, appliedAt: ahead, inconclusiveSince: ahead };
  const deadlines = { progress: ahead, keep: ahead };
  expect(withoutFuture(status({ phase: "Keeping", ...happened, deadlines }), PLAN, NOW)).toMatchObject({
    ...Object.fromEntries(Object.keys(happened).map((name) => [name, rfc3339(NOW)])),
    deadlines: {
      progress: rfc3339(NOW + PLAN.progressDeadlineMs),
      keep: rfc3339(NOW + PLAN.keepPreviousMs),
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

test("a tool that reset the weight or the labels did so now at the latest, or nothing would rise until then", () => {
  const [ahead, before] = [NOW + 60 * MINUTE, NOW - MINUTE].map(rfc3339) as [string, string];
  const reshifts = [before, ahead].map((at) => ({ at, writtenAt: before }));
  const relabels = reshifts.map((each) => ({ ...each, by: "argocd-controller" }));
  const mended = withoutFuture(status({ phase: "Shifting", reshifts, relabels }), PLAN, NOW);
  for (const all of [mended.reshifts, mended.relabels]) expect(all.map(({ at }) => at)).toEqual([before, rfc3339(NOW)]);
});
