import { expect, test } from "vitest";
import { type RunStatus, rolloutStatusSchema } from "../api/run.ts";
import { isSluice, openKeptHouse } from "../controller/fixture.test-helper.ts";
import { ApiError } from "../kube/errors.ts";
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
    pods: new Map(),
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
  expect(releaseTree(watched(observing), nowMs, {}).join("\n")).toBe(`checkout  (shop)  Progressing
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

const ofOwn = Array.from({ length: 4 }, (_, index) => ({
  name: `checkout-5d7c9f6b8-x2x4${index}`,
  ready: true,
  detail: "node-a",
}));
const ofTwin = [
  { name: "checkout-1-86b8f9d4c7-abcde", ready: false, detail: "CrashLoopBackOff, 3 restarts" },
  { name: "checkout-1-86b8f9d4c7-bcdef", ready: true, detail: "node-b" },
];
const withPods: WatchedRelease = {
  ...watched(observing),
  pods: new Map([
    ["checkout", ofOwn],
    ["checkout-1", ofTwin],
  ]),
};

test("below each side stand its pods, with the node or with why one is not ready", () => {
  expect(releaseTree(withPods, nowMs, {}).slice(6, 14)).toEqual([
    "   ├─ stable  70%  → checkout-0  4/4 pods ready",
    "   │  ├─ ✓ checkout-5d7c9f6b8-x2x40  node-a",
    "   │  ├─ ✓ checkout-5d7c9f6b8-x2x41  node-a",
    "   │  ├─ ✓ checkout-5d7c9f6b8-x2x42  node-a",
    "   │  └─ ✓ checkout-5d7c9f6b8-x2x43  node-a",
    "   ├─ canary  30%  → checkout-1  1/2 pods ready",
    "   │  ├─ ✗ checkout-1-86b8f9d4c7-abcde  CrashLoopBackOff, 3 restarts",
    "   │  └─ ✓ checkout-1-86b8f9d4c7-bcdef  node-b",
  ]);
});

test("it fits a narrow terminal, where a pod's name gives way to the reason", () => {
  for (const columns of [30, 60])
    for (const line of releaseTree(withPods, nowMs, { columns })) expect(line.length).toBeLessThanOrEqual(columns);
  const narrow = releaseTree(withPods, nowMs, { columns: 60 }).find((line) => line.includes("✗ checkout"));
  expect(narrow).toBe("   │  ├─ ✗ checkout-…4c7-abcde  CrashLoopBackOff, 3 restarts");
});

test("what it waits for is told whole in a narrow terminal", () => {
  const message = 'outside the allow window office-hours ("0 9 * * 1-5" for 8h, UTC); opens 2026-01-02T09:00Z';
  const waiting = watched({ ...observing, phase: "Waiting", step: 1, window: { message } });
  const lines = releaseTree(waiting, nowMs, { columns: 60 });
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
  expect(lines.slice(lines.findIndex((line) => line.startsWith("checkout-1 waits"))).join(" ")).toBe(
    `checkout-1 waits for a window: ${message}`,
  );
});

test("of many pods ten are named, fewer where rows are few, and the verdicts stay on the screen", () => {
  const names = Array.from({ length: 30 }, (_, index) => ({
    name: `checkout-${index}`,
    ready: true,
    detail: "node-a",
  }));
  const many = { ...withPods, deployments: [deployment("checkout", 45, 45)], pods: new Map([["checkout", names]]) };
  const tall = releaseTree(many, nowMs, {});
  expect(tall.filter((line) => line.includes("node-a"))).toHaveLength(10);
  expect(tall).toContain("   │  └─ and 35 more");
  for (const rows of [24, 16, 11]) {
    const low = releaseTree(many, nowMs, { rows });
    expect(low.length).toBeLessThanOrEqual(rows);
    expect(low.at(-1)).toBe("checkout-1: Observing");
  }
});

test("without a run, and after one, it says who is on what", () => {
  expect(releaseTree(watched(undefined, "Healthy"), nowMs, {})).toEqual([
    "checkout  (shop)  Healthy",
    "└─ no run yet; 4/4 pods ready",
    "every user is on checkout-0",
  ]);
  const end = { reason: "Breach" as const, message: "7 of 20 failed" };
  const text = releaseTree(watched({ phase: "RolledBack", finishedAt: "2026-01-01T11:59:18Z", end }), nowMs, {});
  expect(text).toContain("└─ checkout-1  RolledBack 42s ago");
  expect(text.at(-2)).toBe("   └─ users 100% → checkout-0  4/4 pods ready");
  expect(text.at(-1)).toContain("7 of 20 failed");
});

test("in a log it is one line without a colour or a picture", () => {
  expect(releaseLine(watched(observing))).toBe(
    "checkout-1 Observing step=third weight=30% errors=pass checkout=4/4 checkout-1=1/2: checkout-1: Observing",
  );
});

test("in a log, why pods are not ready is said once, without what changes all the time", () => {
  const twins = [ofTwin[0], { ...ofTwin[1], ready: false, detail: "CrashLoopBackOff, 1 restart" }] as typeof ofTwin;
  const pods = new Map([["checkout-1", twins]]);
  expect(releaseLine({ ...withPods, pods })).toContain(" checkout-1=1/2(CrashLoopBackOff): ");
});

test("beside a real release each look shows it anew, also after some seconds without a server, until the watcher leaves", async () => {
  const house = await openKeptHouse();
  await house.ship("v2");
  await house.untilPhase("Observing");
  const leave = new AbortController();
  const seen = new Set<string>();
  const troubles: string[] = [];
  let pods: WatchedRelease["pods"] = new Map();
  const where = { api: house.alice, namespace: "shop", server: "https://cluster" };
  const done = looking(where, "checkout", house.clock, 1000, leave.signal, {
    show: (release) => {
      seen.add(releaseLine(release).split(":")[0] ?? "");
      pods = release.pods;
      if (seen.size >= 3) leave.abort();
    },
    troubled: (error) => troubles.push(String(error)),
  });
  await house.until("something was seen", () => seen.size > 0);
  const backMs = house.clock.monotonic() + 4_000;
  house.sim.setFault((call) =>
    !isSluice(call) && house.clock.monotonic() < backMs
      ? { error: new ApiError(0, "Network", "connect ECONNREFUSED") }
      : undefined,
  );
  await house.until("three things were seen", () => leave.signal.aborted);
  await done;
  expect(troubles).toEqual(["ApiError: connect ECONNREFUSED"]);
  expect([...seen].every((line) => line.startsWith("checkout-1 "))).toBe(true);
  // The own Deployment's selector fits the candidate's pods too: they are named once, where they belong.
  expect(
    pods
      .get("checkout")
      ?.map(({ name }) => name)
      .filter((name) => name.startsWith("checkout-1-")),
  ).toEqual([]);
  expect(pods.get("checkout")).toHaveLength(4);
  expect(pods.get("checkout-1")?.[0]?.name).toMatch(/^checkout-1-/);
  await house.term.stop();
});
