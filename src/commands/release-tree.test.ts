import { expect, test } from "vitest";
import { type RunStatus, rolloutStatusSchema } from "../api/run.ts";
import { openKeptHouse } from "../controller/fixture.test-helper.ts";
import { releaseLine, releaseTree, type WatchedRelease } from "./release-tree.ts";
import { run } from "./run-fixture.test-helper.ts";
import { looking } from "./watch-release.ts";

const nowMs = Date.parse("2026-01-01T12:00:00Z");
const live = { track: "own" as const, revision: "checkout-0", hash: "old", workload: "checkout" };

function deployment(name: string, replicas: number, readyReplicas: number) {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { replicas },
    status: { readyReplicas },
  };
}

function watched(status: Partial<RunStatus> | undefined, phase = "Progressing"): WatchedRelease {
  const newest = status === undefined ? undefined : run(1, status);
  return {
    name: "checkout",
    namespace: "shop",
    rollout: rolloutStatusSchema.parse({ phase, live }),
    run: newest,
    runs: newest === undefined ? [] : [newest],
    workload: "checkout",
    templateHash: status === undefined ? "old" : "checkout-1",
    own: undefined,
    deployments: [deployment("checkout", 4, 4), deployment("checkout-1", 2, 1)],
  };
}

const observing: Partial<RunStatus> = {
  phase: "Observing",
  step: 1,
  weightInForce: 30,
  since: "2026-01-01T11:59:18Z",
  objectives: [{ name: "errors", verdict: "pass", message: "0 of 406 requests failed" }],
};

test("a release is a tree of its run, steps, users with their pods, and verdicts", () => {
  expect(releaseTree(watched(observing), nowMs, undefined).join("\n")).toBe(`checkout  (shop)  Progressing
└─ checkout-1  Observing 42s
   ├─ ✓ first   10%
   ├─ ▶ third   30%
   ├─ · all-50  50%
   ├─ · all     100%
   ├─ stable  70%  → checkout-0  4/4 pods ready
   ├─ canary  30%  → checkout-1  1/2 pods ready
   └─ ✓ errors pass: 0 of 406 requests failed
checkout-1: Observing`);
});

test("it fits a narrow terminal", () => {
  for (const line of releaseTree(watched(observing), nowMs, 30)) expect(line.length).toBeLessThanOrEqual(30);
});

test("without a run, and after one, it says who is on what", () => {
  expect(releaseTree(watched(undefined, "Healthy"), nowMs, undefined)).toEqual([
    "checkout  (shop)  Healthy",
    "└─ no run yet; 4/4 pods ready",
    "every user is on checkout-0",
  ]);
  const end = { reason: "Breach" as const, message: "7 of 20 failed" };
  const text = releaseTree(watched({ phase: "RolledBack", finishedAt: "2026-01-01T11:59:18Z", end }), nowMs, undefined);
  expect(text).toContain("└─ checkout-1  RolledBack 42s ago");
  expect(text.at(-2)).toBe("   └─ users 100% → checkout-0  4/4 pods ready");
  expect(text.at(-1)).toContain("7 of 20 failed");
});

test("in a log it is one line without a colour or a picture", () => {
  expect(releaseLine(watched(observing))).toBe(
    "checkout-1 Observing step=third weight=30% errors=pass checkout=4/4 checkout-1=1/2: checkout-1: Observing",
  );
});

test("beside a real release each look shows it anew, until the watcher leaves", async () => {
  const house = await openKeptHouse();
  await house.ship("v2");
  await house.untilPhase("Observing");
  const leave = new AbortController();
  const seen = new Set<string>();
  const where = { api: house.alice, namespace: "shop", server: "https://cluster" };
  const done = looking(where, "checkout", house.clock, 1000, leave.signal, (release) => {
    seen.add(releaseLine(release).split(":")[0] ?? "");
    if (seen.size >= 3) leave.abort();
  });
  await house.until("three things were seen", () => leave.signal.aborted);
  await done;
  expect([...seen].every((line) => line.startsWith("checkout-1 "))).toBe(true);
  await house.term.stop();
});
