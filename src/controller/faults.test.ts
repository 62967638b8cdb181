import { describe, expect, test } from "vitest";
import { ApiError } from "../kube/errors.ts";
import type { Call, Fault } from "../sim/api.ts";
import { seededRandom } from "../sim/random.ts";
import { isSluice, openKeptHouse, type House } from "./fixture.test-helper.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

const isWrite = (call: Call) => isSluice(call) && ["create", "update", "patch", "delete"].includes(call.verb);
const conflict = () => new ApiError(409, "Conflict", "the object has been modified");
const broken = () => new ApiError(500, "InternalError", "etcdserver: request timed out");
const busy = () => new ApiError(429, "TooManyRequests", "too many requests", { retryAfterMs: 2_000 });
const lost = () => new ApiError(0, "Network", "socket hang up");

/** Troubles every third call or so, always the same ones for a seed. */
function nowAndThen(what: (call: Call, luck: number) => Fault | undefined): (call: Call) => Fault | undefined {
  const random = seededRandom(7);
  return (call) => (isSluice(call) && random() < 0.3 ? what(call, random()) : undefined);
}

describe("an API server that is not at its best", () => {
  test.each<[string, (call: Call, luck: number) => Fault | undefined]>([
    ["conflicts", (call) => (isWrite(call) ? { error: conflict() } : undefined)],
    ["answers 500", (call) => (call.verb === "watch" ? undefined : { error: broken() })],
    ["is busy and says when to come again", (call) => (isWrite(call) ? { error: busy() } : undefined)],
    ["loses answers of writes it made", (call) => (isWrite(call) ? { error: lost(), afterwards: true } : undefined)],
    ["is slow", (_call, luck) => ({ delayMs: Math.round(luck * 3_000) })],
  ])("%s: a good release is promoted, and a bad one is not", async (_name, fault) => {
    const house = await openKeptHouse();
    house.sim.setFault(nowAndThen(fault));
    await house.ship("v2");
    await house.untilEnd(1, 600_000);
    house.sim.setFault(undefined);
    await untilPromoted(house);
    expect(house.unvetted()).toEqual([]);
    expect(house.sim.users.summary().failed).toBe(0);

    house.sim.setFault(nowAndThen(fault));
    await house.ship("v3-errors50");
    expect(await house.untilEnd(2, 600_000)).toBe("RolledBack");
    house.sim.setFault(undefined);
    await house.clock.advance(3_000);
    expect(await servedNow(house)).toEqual(["v2"]);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test("breaks every watch again and again: a good release is promoted all the same", async () => {
    const house = await openKeptHouse();
    await house.ship("v2");
    for (let broken = 0; broken < 12; broken++) {
      await house.clock.advance(1_700);
      house.sim.breakWatches(broken % 2 === 0 ? undefined : lost());
    }
    await untilPromoted(house);
    expect(house.sim.users.summary().failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test.each(["policy", "none"] as const)("shows everything 2 s late (hold %s): all ends the same", async (hold) => {
    const house = await openKeptHouse({ hold });
    house.sim.setWatchDelay(2_000);
    await house.ship("v2");
    expect(await house.untilEnd(1)).toBe("Promoted");
    await house.clock.advance(5_000);
    expect(await servedNow(house)).toEqual(["v2"]);
    await house.ship("v3-errors50");
    await house.untilPhase("Observing", 2);
    await house.ship("v4");
    await house.until("v4 is promoted", () => house.phase(3) === "Promoted", 200_000);
    await house.clock.advance(5_000);
    expect(await servedNow(house)).toEqual(["v4"]);
    expect(house.unvetted()).toEqual([]);
    expect(house.sim.users.summary().byVersion["v4"]?.failed).toBe(0);
    await house.term.stop();
  });
});

describe("taking users away from a bad version", () => {
  async function badHouse(): Promise<House & { term: { stop(): Promise<void> } }> {
    const house = await houseIn("Preflight", { requestsPerSecond: 100, watchDelayMs: 0 });
    await house.ship("v2-errors50");
    await house.until("users meet it", () => house.versionsSince(0).includes("v2-errors50"));
    return house;
  }

  /** Seconds of trouble that users may have had in all. */
  async function expectEndsWithin(house: House, ms: number): Promise<void> {
    const fromMs = house.sim.users.summary().firstFailureMs ?? house.clock.now();
    await house.clock.advance(ms + 8_000);
    const { lastFailureMs = 0 } = house.sim.users.summary();
    expect(lastFailureMs - fromMs).toBeLessThanOrEqual(ms);
  }

  test.each<[string, (call: Call) => boolean]>([
    ["no status of a run can be written", (call) => call.resource === "rolloutruns.sluice.dev"],
    ["no status at all can be written", (call) => call.resource.endsWith("sluice.dev")],
    ["no Deployment can be written", (call) => call.resource === "deployments.apps"],
    ["no Event can be written", (call) => call.resource.startsWith("events")],
    ["the rule cannot be written", (call) => call.resource.startsWith("destinationrules")],
  ])("does not wait while %s", async (_name, isBroken) => {
    const house = await badHouse();
    house.sim.setFault((call) => (isWrite(call) && isBroken(call) ? { error: broken() } : undefined));
    await expectEndsWithin(house, 8_000);
    house.sim.setFault(undefined);
    expect(await house.untilEnd(house.run()?.spec.ordinal)).toBe("RolledBack");
    // The reason stays the true one, also when the withdrawal was written and could not be remembered in the same pass.
    expect(house.run()?.status.end).toMatchObject({ reason: "Breach", message: expect.stringContaining("errors:") });
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test("by an abort keeps who said so, though the pass that took them away could not remember it", async () => {
    const house = await houseIn("Observing", { requestsPerSecond: 100 });
    house.sim.setFault((call) =>
      isWrite(call) && call.resource === "rolloutruns.sluice.dev" ? { error: broken() } : undefined,
    );
    await house.command("abort");
    await house.clock.advance(3_000);
    expect(house.versionsSince(house.clock.now() - 500)).toEqual(["v1"]);
    house.sim.setFault(undefined);
    expect(await house.untilEnd(1)).toBe("Aborted");
    expect(house.run()?.status.end).toMatchObject({ reason: "Aborted", by: "alice" });
    await house.term.stop();
  });

  test("reads the live route when the cache is behind, and writes again in the same pass", async () => {
    const house = await badHouse();
    house.sim.setWatchDelay(60_000);
    const { virtualServices } = await import("../sim/kinds.ts");
    const operations = [{ op: "add" as const, path: "/spec/http/0/timeout", value: "7s" }];
    await house.alice.patch(virtualServices, { namespace: "shop", name: "checkout" }, { type: "json", operations });
    await expectEndsWithin(house, 8_000);
    house.sim.setWatchDelay(0);
    expect(await house.untilEnd(house.run()?.spec.ordinal, 300_000)).toBe("RolledBack");
    const route = JSON.stringify(house.object("virtualservices.networking.istio.io"));
    expect(route).toContain('"timeout":"7s"');
    await house.term.stop();
  });

  test("is tried again until the route can be written", async () => {
    const house = await badHouse();
    house.sim.setFault((call) =>
      isWrite(call) && call.resource.startsWith("virtualservices") ? { error: broken() } : undefined,
    );
    await house.clock.advance(10_000);
    house.sim.setFault(undefined);
    const mendedMs = house.clock.now();
    await house.clock.advance(40_000);
    expect((house.sim.users.summary().lastFailureMs ?? 0) - mendedMs).toBeLessThan(31_000);
    expect(await house.untilEnd(house.run()?.spec.ordinal)).toBe("RolledBack");
    await house.term.stop();
  });
});
