import { expect, test } from "vitest";
import { type RolloutStatus, type RunStatus, rolloutStatusSchema } from "../api/run.ts";
import { releaseVerdict } from "./release-verdict.ts";
import { run } from "./run-fixture.test-helper.ts";

const live = { track: "own" as const, revision: "checkout-0", hash: "old", workload: "checkout" };

/** The newest run brought the template `checkout-1`; `old` is live. */
function verdict(
  run1: Partial<RunStatus> | undefined,
  templateHash: string | undefined,
  rollout: Partial<RolloutStatus> = {},
) {
  return releaseVerdict({
    rollout: rolloutStatusSchema.parse({ phase: "Progressing", live, ...rollout }),
    run: run1 === undefined ? undefined : run(1, run1),
    templateHash,
    workload: "checkout",
  });
}

const breach = { reason: "Breach" as const, message: "7 of 20 failed" };

test.each([
  ["a run under way", verdict({ phase: "Observing" }, "checkout-1"), "underWay", "checkout-1: Observing"],
  ["one that goes back", verdict({ phase: "Draining", end: breach }, "checkout-1"), "underWay", "7 of 20 failed"],
  ["a pause", verdict({ phase: "Paused", pause: { ...breach, withdrawn: true } }, "checkout-1"), "paused", "7 of 20"],
  [
    "a window",
    verdict(
      { phase: "Waiting", step: 1, window: { message: "outside office-hours; opens 2026-01-02T08:00Z" } },
      "checkout-1",
    ),
    "underWay",
    "checkout-1 waits for a window: outside office-hours; opens 2026-01-02T08:00Z",
  ],
  [
    "an approval that a window would follow",
    verdict({ phase: "Waiting", step: 2, window: { message: "outside office-hours" } }, "checkout-1"),
    "paused",
    "approval of step third",
  ],
  ["an approval", verdict({ phase: "Waiting", step: 2 }, "checkout-1"), "paused", "approval of step third"],
  [
    "a stall",
    verdict({ phase: "Preflight", stalled: { reason: "X", message: "mend it" } }, "checkout-1"),
    "paused",
    "mend it",
  ],
  ["a rollback", verdict({ phase: "RolledBack", end: breach }, "checkout-1"), "rolledBack", "7 of 20 failed"],
  ["a promotion", verdict({ phase: "Promoted" }, "old"), "promoted", "every user is on checkout-0"],
  ["what was live before any run", verdict(undefined, "old"), "promoted", "every user is on checkout-0"],
  [
    "a template that nobody has looked at, after a rollback",
    verdict({ phase: "RolledBack", end: breach }, "newer"),
    "underWay",
    "a run begins",
  ],
  ["the same after a promotion", verdict({ phase: "Promoted" }, "newer"), "underWay", "a run begins"],
  [
    "a new template of a suspended Rollout",
    verdict(undefined, "newer", { phase: "Paused", message: "suspended" }),
    "paused",
    "suspended",
  ],
  ["no Deployment", verdict(undefined, undefined), "paused", "Deployment checkout does not exist"],
  ["no controller", verdict(undefined, "old", { phase: "", live: undefined }), "underWay", "no controller"],
])("%s", (_name, { kind, message }, expected, said) => {
  expect(kind).toBe(expected);
  expect(message).toContain(said);
});
