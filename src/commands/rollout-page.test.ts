import { expect, test } from "vitest";
import { type RunStatus, rolloutStatusSchema } from "../api/run.ts";
import { rolloutPage } from "./rollout-page.ts";
import { rolloutTable } from "./rollout-table.ts";
import { rolloutObject, run } from "./run-fixture.test-helper.ts";

const LIMIT = "ClusterRolloutPolicy/critical (limit)";
const nowMs = Date.parse("2026-01-01T12:00:00Z");

function page(status: Partial<RunStatus> | undefined, phase = "Progressing", message = ""): string {
  return rolloutPage({
    name: "checkout",
    namespace: "shop",
    status: rolloutStatusSchema.parse({ phase, message }),
    run: status === undefined ? undefined : run(1, status),
    nowMs,
    typed: (args) => `sluice ${args}`,
  });
}

test("a Rollout that no controller has seen says so", () => {
  expect(page(undefined, "")).toBe(`Rollout checkout in namespace shop: Unseen
no controller has looked at it yet: does sluice controller run?

Next
  nothing to do: a change of the Deployment's pod template begins a run by itself
`);
});

test("a run whose plan comes from policies says which, and what of each step", () => {
  const begun = run(1, { phase: "Observing", weightInForce: 10 });
  const origins = { steps: "RolloutPolicy/shop", "promotion.ramp": "default", "steps.third.approval": LIMIT };
  const text = rolloutPage({
    name: "checkout",
    namespace: "shop",
    status: rolloutStatusSchema.parse({ phase: "Progressing" }),
    run: { ...begun, spec: { ...begun.spec, plan: { ...begun.spec.plan, origins } } },
    nowMs,
    typed: (args) => `sluice ${args}`,
  });
  expect(text).toMatch(/^Policies +ClusterRolloutPolicy\/critical, RolloutPolicy\/shop$/m);
  expect(text).toMatch(/^  ▶ first +10% +for 1m +from RolloutPolicy\/shop$/m);
  expect(text).toMatch(/third +30% .* from RolloutPolicy\/shop; approval ClusterRolloutPolicy\/critical \(limit\)$/m);
});

test("a run that waits for approval shows its numbers, its way so far and the command to type", () => {
  const text = page(
    {
      phase: "Waiting",
      step: 2,
      weightInForce: 30,
      since: "2026-01-01T11:58:30Z",
      transitions: [
        {
          at: "2026-01-01T11:58:30Z",
          from: "Observing",
          to: "Waiting",
          event: "stepPassed",
          message: "step third passed",
        },
      ],
      objectives: [
        {
          name: "errors",
          verdict: "pass",
          message: "0.4% failed",
          evidence: {
            view: "destination",
            total: 1000,
            bad: 4,
            fraction: 0.004,
            limitFraction: 0.02,
            eValue: 0.123_456,
            alpha: 0.001,
            from: "2026-01-01T11:57:30Z",
            to: "2026-01-01T11:58:30Z",
            query: "sum(x)",
          },
        },
      ],
    },
    "Paused",
    "checkout-1: waiting",
  );
  expect(text).toBe(`Rollout checkout in namespace shop: Paused
checkout-1: waiting

Run    checkout-1 (NewRevision): Waiting for 90s
Users  30% on checkout-1, the rest on checkout-0
Waits  for the approval of step third

Steps
  ✓ first   10%   for 1m
  ✓ third   30%   for 1m, then approval
  · all-50  50%   for 1m
  · all     100%  for 1m

Objectives, step third
  ✓ errors  pass: 0.4% failed
      4 bad of 1000 requests (0.4%), limit 2%; E 0.123, a breach from 1000

What happened
  90s ago  Observing → Waiting  step third passed

Next
  sluice approve checkout third -n shop  # let it go on to the next step
  sluice abort checkout -n shop          # take the new version away from all users and end the run
`);
});

test("the step at hand and the one where a run ended are marked", () => {
  expect(page({ phase: "Observing", step: 1 })).toContain("✓ first   10%   for 1m\n  ▶ third");
  const rolledBack = page({ phase: "RolledBack", step: 1, end: { reason: "Breach", message: "7 of 20 failed" } });
  expect(rolledBack).toContain("✓ first   10%   for 1m\n  ✗ third");
  expect(rolledBack).toContain("Ended  Breach: 7 of 20 failed");
  expect(rolledBack).toContain("sluice retry checkout -n shop");
  expect(page({ phase: "Promoted", step: 3 })).toContain("✓ all     100%");
});

test("nothing is proposed that would be refused, nor a version again that nobody asks for any more", () => {
  for (const phase of ["Converging", "Joining"] as const) {
    expect(page({ phase })).not.toContain("Next");
    const stalled = { reason: "ConvergeStalled", message: "pods are not ready" };
    expect(page({ phase, stalled })).toContain("sluice retry checkout -n shop");
  }
  expect(page({ phase: "RolledBack" }, "Healthy")).toContain("nothing to do");
});

test("a run that preflight keeps back shows what was found and what to do about it", () => {
  const text = page({
    phase: "Preflight",
    stalled: { reason: "PreflightFailed", message: "route-exists: no route" },
    preflight: [{ id: "route-exists", severity: "fail", message: "no route", remedy: "add:\nhttp: []" }],
  });
  expect(text).toContain("  ✗ route-exists: no route\n      add:\n      http: []\n");
  expect(text).toContain("sluice retry checkout -n shop");
});

test("a paused run says why, by whom, and how to go on", () => {
  const text = page({
    phase: "Paused",
    step: 1,
    pause: { reason: "Command", message: "odd", by: "alice", withdrawn: false },
  });
  expect(text).toContain("Paused  Command: odd (alice)");
  expect(text).toContain("sluice resume checkout -n shop");
});

test("the table shows step and weight only while a run is under way, and cuts messages to the terminal", () => {
  const going = rolloutObject();
  going["status"] = {
    phase: "Progressing",
    currentRun: "checkout-3",
    step: "third",
    weight: 30,
    message: "so\nfar so good",
  };
  const resting = rolloutObject("cart");
  resting["status"] = { phase: "Healthy", lastRun: "cart-1", step: "all", weight: 100, message: "every user" };
  expect(rolloutTable([resting, going], { namespaces: true, wide: false, nowMs, width: 62 })).toBe(
    `NAMESPACE  NAME      PHASE        RUN         STEP   WEIGHT  …
shop       cart      Healthy      cart-1      -      -       …
shop       checkout  Progressing  checkout-3  third  30%     …
`,
  );
  expect(rolloutTable([going, rolloutObject("new")], { namespaces: false, wide: true, nowMs })).toBe(
    `NAME      PHASE        RUN         STEP   WEIGHT  LIVE  AGE  MESSAGE
checkout  Progressing  checkout-3  third  30%     -     -    so far so good
new       Unseen       -           -      -       -     -    no controller has looked at it yet: does sluice controller run?
`,
  );
});
