import { describe, expect, test } from "vitest";
import { openKeptHouse, type House } from "./fixture.test-helper.ts";
import { servedNow, untilPromoted } from "./states.test-helper.ts";

/** The conditions of the Rollout, each as "Type=Status/Reason", after every write. */
function watchConditions(house: House): Set<string> {
  const seen = new Set<string>();
  house.sim.store.onChange("rollouts.sluice.dev", () => {
    const { conditions } = house.rolloutStatus();
    const own = conditions.map(({ type, status, reason }) => `${type}=${status}/${reason}`).toSorted();
    seen.add(`${house.phase() ?? "none"}: ${own.join(" ")}`);
  });
  return seen;
}

async function shipBad(house: House): Promise<void> {
  await house.ship("v2-errors50");
  expect(await house.untilEnd(1)).toBe("RolledBack");
}

describe("a bad release", () => {
  test.each([
    { hold: "policy", form: "plain", sourceLabels: "istio" },
    { hold: "none", form: "plain", sourceLabels: "envoy" },
    { hold: "policy", form: "split", sourceLabels: "istio" },
  ] as const)("is taken away within 8 s and stays away (hold $hold, $form form, $sourceLabels)", async (options) => {
    const house = await openKeptHouse({ ...options, requestsPerSecond: 100, scrapeIntervalMs: 2_000, tickMs: 100 });
    const before = house.userObjects();
    await shipBad(house);
    const { firstFailureMs = 0, lastFailureMs = 0, failed } = house.sim.users.summary();
    expect(lastFailureMs - firstFailureMs).toBeLessThan(8_000);
    expect(failed).toBeLessThan(60);
    const endedMs = house.clock.now();
    const writes = house.sim.store.version();
    await house.clock.advance(120_000);
    expect(house.versionsSince(endedMs)).toEqual(["v1"]);
    // Nothing but the cluster's own doing: the run is over for good.
    expect(house.sim.store.version() - writes).toBeLessThan(20);
    expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
    const held = before.replace("checkout:v1", "checkout:v2-errors50");
    expect(JSON.parse(house.userObjects())).toMatchObject(JSON.parse(held) as object);
    expect(house.object("deployments.apps")?.["spec"]).toMatchObject({ paused: true });
    expect(house.run()?.status.objectives).toMatchObject([{ name: "errors", verdict: "breach" }, { name: "latency" }]);
    await house.term.stop();
  });

  test("tells people by events and conditions", async () => {
    const house = await openKeptHouse({ requestsPerSecond: 100 });
    const seen = watchConditions(house);
    await shipBad(house);
    await house.clock.advance(1_000);
    const told = house.events("checkout-1").map(({ reason }) => reason);
    expect(told).toEqual([
      "PreflightPassed",
      "Scaling",
      "WeightRaised",
      expect.stringMatching(/StepStarted|SLOBreached/),
      ...(told.includes("StepStarted") ? ["SLOBreached"] : []),
      "RolledBack",
    ]);
    const breach = house.events("checkout-1").find(({ reason }) => reason === "SLOBreached");
    expect(breach).toMatchObject({ type: "Warning", note: expect.stringMatching(/errors: \d+ of \d+ requests/) });
    const progressing = "Ready=Unknown/Progressing Reconciling=True/Progressing";
    const back = "Ready=False/RollingBack Reconciling=True/RollingBack";
    for (const phase of ["Preflight", "Fencing", "Scaling", "Shifting"])
      expect(seen).toContain(`${phase}: ${progressing}`);
    expect(seen).toContain(`Withdrawing: ${back}`);
    expect([...seen].at(-1)).toBe("RolledBack: Ready=False/SLOBreached Stalled=True/RolledBack");
    const status = house.rolloutStatus();
    expect(status).toMatchObject({ phase: "RolledBack", lastRun: "checkout-1", observedGeneration: 1 });
    expect(status.currentRun).toBeUndefined();
    expect(status.message).toMatch(/errors: \d+ of \d+ requests/);
    await house.term.stop();
  });

  test("is tried again only when somebody says retry", async () => {
    const house = await openKeptHouse();
    await shipBad(house);
    await house.clock.advance(30_000);
    expect(house.run()?.name).toBe("checkout-1");
    await house.command("retry");
    expect(await house.untilEnd(2)).toBe("RolledBack");
    expect(house.run()?.spec.reason).toBe("Retry");
    await house.clock.advance(30_000);
    expect(house.run()?.name).toBe("checkout-2");
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test("is over once Git has the old template again: the Deployment is released", async () => {
    const house = await openKeptHouse();
    const before = house.userObjects();
    await shipBad(house);
    await house.ship("v1");
    await house.until("all is well", () => house.rolloutStatus().phase === "Healthy");
    await house.clock.advance(1_000);
    expect(house.userObjects()).toBe(before);
    await house.term.stop();
  });

  test("is followed by a better one, in a run of its own", async () => {
    const house = await openKeptHouse();
    await shipBad(house);
    await house.ship("v3");
    await untilPromoted(house);
    expect(house.run()?.name).toBe("checkout-2");
    expect(await servedNow(house)).toEqual(["v3"]);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });
});

describe("a release that is slow, without an error", () => {
  const objectives = [{ name: "latency", latency: { quantile: "95%", max: "500ms" } }];
  const spec = (onBreach: "Rollback" | "Pause") =>
    ({ analysis: { interval: "1s", minRequests: 20, onBreach, objectives } }) as const;

  test("is rolled back where the objective says Rollback", async () => {
    const house = await openKeptHouse({ spec: spec("Rollback") });
    await house.ship("v2-slow60");
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect(house.run()?.status.end?.message).toMatch(/latency: \d+ of \d+ requests/);
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.term.stop();
  });

  test("is paused at its share where the objective says Pause, and goes on when people accept it", async () => {
    const house = await openKeptHouse({ spec: spec("Pause") });
    await house.ship("v2-slow60");
    await house.untilPhase("Paused", 1);
    expect(house.run()?.status.pause).toMatchObject({ reason: "Breach" });
    await house.clock.advance(20_000);
    expect(house.phase()).toBe("Paused");
    expect(house.rolloutStatus().conditions).toMatchObject([
      { type: "Ready", status: "Unknown", reason: "Paused" },
      { type: "Reconciling", status: "True", reason: "Paused" },
    ]);
    await house.command("abort");
    expect(await house.untilEnd(1)).toBe("Aborted");
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.term.stop();
  });
});

describe("a release whose pods do not come up", () => {
  test.each(["v2-neverready", "v2-crash"])("(%s) is rolled back by the deadline, and no user met it", async (tag) => {
    const house = await openKeptHouse();
    const shippedMs = house.clock.now();
    await house.ship(tag);
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect(house.clock.now() - shippedMs).toBeLessThan(45_000);
    expect(house.versionsSince(0)).toEqual(["v1"]);
    expect(house.sim.users.summary().failed).toBe(0);
    expect(house.run()?.status.end).toMatchObject({ reason: "ProgressDeadlineExceeded" });
    if (tag === "v2-crash") expect(house.rolloutStatus().message).toMatch(/CrashLoopBackOff/);
    expect(house.rolloutStatus().conditions).toMatchObject([
      { type: "Ready", status: "False", reason: "ProgressDeadlineExceeded" },
      { type: "Stalled", status: "True", reason: "RolledBack" },
    ]);
    expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
    await house.term.stop();
  });

  test("any more, while they carry users, is rolled back as lost", async () => {
    const house = await openKeptHouse();
    await house.ship("v2");
    await house.untilPhase("Observing", 1);
    const { deployments } = await import("../kube/resources.ts");
    await house.alice.delete(deployments, { namespace: "shop", name: "checkout-1" });
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect(house.run()?.status.end).toMatchObject({ reason: "CandidateLost" });
    expect(await servedNow(house)).toEqual(["v1"]);
    expect(house.sim.users.summary().byVersion[""]?.total ?? 0).toBeLessThan(10);
    await house.term.stop();
  });
});
