import { expect, test } from "vitest";
import { type House, type HouseOptions, NAMESPACE, openHouse } from "./fixture.test-helper.ts";
import { untilPromoted } from "./states.test-helper.ts";

const SAFE_MS = 8_000;

/** With a controller whose wall clock differs from that of everybody else: API server, pods and Prometheus. */
async function openSkewed(clockAheadMs: number): Promise<House & { crash: () => void }> {
  const house = await openHouse({ requestsPerSecond: 100 });
  const term = await house.start("first", { clockAheadMs });
  await house.until("the Deployment is adopted", () => house.rolloutStatus().phase === "Healthy");
  return Object.assign(house, { crash: () => term.crash() });
}

function harmMs(house: House): number {
  const { firstFailureMs = 0, lastFailureMs = 0 } = house.sim.users.summary();
  return lastFailureMs - firstFailureMs;
}

const SKEWS_MS = [-600_000, -30_000, 30_000, 600_000];

test.each(SKEWS_MS)("a good release is promoted by a controller whose clock is %i ms ahead", async (skewMs) => {
  const house = await openSkewed(skewMs);
  await house.ship("v2");
  await untilPromoted(house);
  expect(house.sim.users.summary().failed).toBe(0);
  expect(house.unvetted()).toEqual([]);
});

test.each(SKEWS_MS)(
  "a bad release is taken away as fast by a controller whose clock is %i ms ahead",
  async (skewMs) => {
    const house = await openSkewed(skewMs);
    await house.ship("v2-errors50");
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect(house.run()?.status.end?.reason).toBe("Breach");
    expect(harmMs(house)).toBeLessThan(SAFE_MS);
  },
);

test.each([
  { fromMs: 60_000, toMs: -60_000 },
  { fromMs: -60_000, toMs: 60_000 },
])(
  "a run goes on when the next controller's clock is another ($fromMs ms, then $toMs ms ahead)",
  async ({ fromMs, toMs }) => {
    const house = await openSkewed(fromMs);
    await house.ship("v2");
    await house.untilPhase("Observing");
    house.crash();
    await house.clock.advance(2_000);
    await house.start("second", { clockAheadMs: toMs });
    await untilPromoted(house);
    expect(house.sim.users.summary().failed).toBe(0);
  },
);

test.each([
  { fromMs: 60_000, toMs: -60_000 },
  { fromMs: -60_000, toMs: 60_000 },
])(
  "a bad one is taken away by the next controller, though its clock is another ($fromMs ms, then $toMs ms ahead)",
  async ({ fromMs, toMs }) => {
    const house = await openSkewed(fromMs);
    await house.ship("v2-errors50");
    await house.untilPhase("Shifting");
    house.crash();
    await house.clock.advance(2_000);
    const startMs = house.clock.now();
    await house.start("second", { clockAheadMs: toMs });
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect((house.sim.users.summary().lastFailureMs ?? startMs) - startMs).toBeLessThan(SAFE_MS);
  },
);

test.each([-300_000, -20_000, 20_000, 300_000])(
  "a bad version is taken away although the clock is set by %i ms meanwhile",
  async (byMs) => {
    const house = await openSkewed(0);
    await house.ship("v2-errors50");
    await house.untilPhase("Shifting");
    house.clock.setWall(house.clock.now() + byMs);
    const startMs = house.clock.monotonic();
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect(house.clock.monotonic() - startMs).toBeLessThan(15_000);
  },
);

/** Deadlines go by the wall clock: these are longer than what it is set by. */
const PATIENT = {
  progressDeadline: "20m",
  analysis: { interval: "1s", minRequests: 20, onInconclusive: { hold: "20m" } },
};

test.each([-300_000, -60_000, 60_000, 300_000])(
  "a good release is promoted although the clock is set by %i ms in a step",
  async (byMs) => {
    const house = await openHouse({ requestsPerSecond: 100, spec: PATIENT as HouseOptions["spec"] & object });
    await house.start();
    await house.until("the Deployment is adopted", () => house.rolloutStatus().phase === "Healthy");
    await house.ship("v2");
    await house.untilPhase("Observing");
    house.clock.setWall(house.clock.now() + byMs);
    const setMs = house.clock.monotonic();
    await untilPromoted(house);
    expect(house.clock.monotonic() - setMs).toBeLessThan(60_000);
    expect(house.sim.users.summary().failed).toBe(0);
  },
);

test("a version that turns bad after the clock was set back while Prometheus was thinking is taken away", async () => {
  const steps = [{ name: "first", weight: 10, observe: "10m" }];
  const house = await openHouse({
    requestsPerSecond: 100,
    spec: { ...PATIENT, steps } as HouseOptions["spec"] & object,
  });
  await house.start();
  await house.until("the Deployment is adopted", () => house.rolloutStatus().phase === "Healthy");
  await house.ship("v2");
  await house.untilPhase("Observing");
  // From now on there is a question on its way for half of the time.
  house.sim.prometheus.setMode("slow", 500);
  await house.clock.advance(1_300);
  house.clock.setWall(house.clock.now() - 300_000);
  await house.clock.advance(1_000);
  house.sim.kubelet.setBehaviour(
    { namespace: NAMESPACE, labels: { "sluice.dev/run": "checkout-1" } },
    { errorFraction: 0.5 },
  );
  const badMs = house.clock.monotonic();
  await house.untilPhase("Withdrawing", 1, 600_000);
  expect(house.clock.monotonic() - badMs).toBeLessThan(SAFE_MS);
});
