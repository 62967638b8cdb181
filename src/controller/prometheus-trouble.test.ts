import { describe, expect, test } from "vitest";
import type { PrometheusMode } from "../sim/prometheus.ts";
import { openKeptHouse, type HouseOptions } from "./fixture.test-helper.ts";
import { houseIn, servedNow } from "./states.test-helper.ts";

/** Longer than the hold of the house's rollout, which is 20 s. */
const PAST_HOLD_MS = 60_000;
const calm: HouseOptions = { spec: { steps: [{ name: "first", weight: 10, observe: "8s" }] }, requestsPerSecond: 30 };
const troubles: PrometheusMode[] = ["down", "slow", "html", "nan", "empty", "frozen"];

describe.each(troubles)("a Prometheus that is %s while 10 %% of the users are on a good version", (mode) => {
  test("holds the run where it is, pauses it, and lets it go on once it is well and people say so", async () => {
    const house = await houseIn("Observing", calm);
    await house.clock.advance(2_000);
    house.sim.prometheus.setMode(mode);
    const troubledMs = house.clock.now();
    await house.until("it is paused", () => house.phase() === "Paused", PAST_HOLD_MS);
    expect(house.clock.now() - troubledMs).toBeGreaterThan(15_000);
    await house.clock.advance(5_000);
    expect(house.run()?.status).toMatchObject({
      phase: "Paused",
      weightInForce: 10,
      pause: { reason: "Inconclusive" },
    });
    expect(await servedNow(house)).toEqual(["v1", "v2"]);
    expect(house.rolloutStatus().conditions).toMatchObject([
      { type: "Ready", status: "Unknown" },
      { type: "Reconciling", status: "True", reason: "Inconclusive" },
    ]);
    house.sim.prometheus.setMode("up");
    await house.clock.advance(2_000);
    expect(house.phase()).toBe("Paused");
    await house.command("resume");
    expect(await house.untilEnd(1)).toBe("Promoted");
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });
});

describe("a Prometheus in trouble", () => {
  test("for a moment only costs nothing but that moment", async () => {
    const house = await houseIn("Observing", calm);
    house.sim.prometheus.setMode("down");
    await house.clock.advance(6_000);
    house.sim.prometheus.setMode("up");
    expect(await house.untilEnd(1)).toBe("Promoted");
    expect(house.run()?.status.transitions.map(({ to }) => to)).not.toContain("Paused");
    await house.term.stop();
  });

  test("keeps nobody from aborting, and users leave at once", async () => {
    const house = await houseIn("Observing", calm);
    house.sim.prometheus.setMode("down");
    await house.command("abort");
    expect(await house.untilEnd(1)).toBe("Aborted");
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.term.stop();
  });

  test("is no reason for a restarted controller to raise a weight or to forget what it saw", async () => {
    const house = await houseIn("Observing", calm);
    house.term.crash();
    house.sim.prometheus.setMode("down");
    house.term = await house.start("second");
    await house.clock.advance(15_000);
    expect(await servedNow(house)).toEqual(["v1", "v2"]);
    expect(house.run()?.status.weightInForce).toBe(10);
    house.sim.prometheus.setMode("up");
    await house.until("it goes on or is paused", () => ["Paused", "Promoted"].includes(house.phase() ?? ""));
    if (house.phase() === "Paused") await house.command("resume");
    expect(await house.untilEnd(1)).toBe("Promoted");
    await house.term.stop();
  });

  test("that comes back shows a bad version for what it is", async () => {
    const house = await houseIn("Shifting", calm);
    await house.command("abort");
    await house.untilEnd(1);
    await house.ship("v3-errors50");
    await house.untilPhase("Shifting", 2);
    house.sim.prometheus.setMode("down");
    await house.clock.advance(8_000);
    house.sim.prometheus.setMode("up");
    const backMs = house.clock.now();
    expect(await house.untilEnd(2)).toBe("RolledBack");
    expect((house.sim.users.summary().lastFailureMs ?? 0) - backMs).toBeLessThan(8_000);
    await house.term.stop();
  });
});

describe("a service without users", () => {
  test("is not promoted for lack of bad news: the run is paused and says what is missing", async () => {
    const house = await openKeptHouse(calm);
    house.load(0);
    await house.ship("v2");
    await house.untilPhase("Paused", 1);
    expect(house.run()?.status.pause?.reason).toBe("Inconclusive");
    expect(house.rolloutStatus().message).toMatch(/request/);
    await house.clock.advance(30_000);
    expect(house.phase()).toBe("Paused");
    house.load(60);
    await house.command("resume");
    expect(await house.untilEnd(1)).toBe("Promoted");
    await house.term.stop();
  });

  test("is rolled back after the hold where its owner asked for that", async () => {
    const onInconclusive = { hold: "10s", then: "Rollback" as const };
    const house = await openKeptHouse({ spec: { analysis: { interval: "1s", minRequests: 20, onInconclusive } } });
    house.load(0);
    await house.ship("v2");
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect(house.run()?.status.end?.reason).toBe("Inconclusive");
    await house.term.stop();
  });
});
