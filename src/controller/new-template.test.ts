import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { openKeptHouse, type House, type HouseOptions } from "./fixture.test-helper.ts";

/** How to bring a run into a state; the version is good unless the state is one of going back. */
const WAYS: Readonly<Partial<Record<Phase, (house: House) => Promise<unknown>>>> = {
  Paused: async (house) => {
    await house.untilPhase("Observing");
    await house.command("pause");
  },
  Undoing: async (house) => {
    await house.untilPhase("Keeping");
    await house.command("undo");
  },
};
const GOING_BACK: readonly Phase[] = ["Withdrawing", "Draining", "RolledBack"];
const approvals: HouseOptions = { spec: { steps: [{ name: "first", weight: 10, observe: "3s", approval: {} }] } };

async function houseIn(phase: Phase, options: HouseOptions = {}): Promise<House & { term: { stop(): Promise<void> } }> {
  const house = await openKeptHouse({ ...options, ...(phase === "Waiting" ? approvals : {}) });
  await house.ship(GOING_BACK.includes(phase) ? "v2-errors50" : "v2");
  await WAYS[phase]?.(house);
  await house.untilPhase(phase, 1);
  return house;
}

async function untilLive(house: House, tag: string): Promise<void> {
  const isLive = () => house.rolloutStatus().phase === "Healthy" && house.run()?.status.phase === "Promoted";
  await house.until("every run is over", () => {
    if (house.phase() === "Waiting" && !(house.run()?.spec.commands.length ?? 0))
      void house.command("approve", "first");
    return isLive() && house.object("deployments.apps", house.run()?.name) === undefined;
  });
  const now = house.clock.now();
  await house.clock.advance(2_000);
  expect(house.versionsSince(now)).toEqual([tag]);
}

describe("a newer template", () => {
  test.each<[Phase, Phase]>([
    ["Preflight", "Superseded"],
    ["Waiting", "Superseded"],
    ["Fencing", "Superseded"],
    ["Scaling", "Superseded"],
    ["Shifting", "Superseded"],
    ["Observing", "Superseded"],
    ["Paused", "Superseded"],
    ["SwappingLabels", "Promoted"],
    ["SwappingWeight", "Promoted"],
    ["Keeping", "Promoted"],
    ["Converging", "Promoted"],
    ["Joining", "Promoted"],
    ["Promoted", "Promoted"],
    ["Withdrawing", "RolledBack"],
    ["Draining", "RolledBack"],
    ["RolledBack", "RolledBack"],
    ["Undoing", "Aborted"],
  ])("in %s ends the run as %s and meets users by a run of its own", async (phase, end) => {
    const house = await houseIn(phase);
    const fromMs = house.clock.now();
    await house.ship("v3");
    expect(await house.untilEnd(1)).toBe(end);
    expect(house.versionsSince(0)).not.toContain("v3");
    await untilLive(house, "v3");
    expect(house.run()?.name).toBe("checkout-2");
    expect(house.unvetted()).toEqual([]);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    await house.term.stop();
  });

  test("that is bad, in the middle of a promotion, is rolled back to the version that was being promoted", async () => {
    const house = await houseIn("Converging", { hold: "none" });
    await house.ship("v3-errors50");
    expect(await house.untilEnd(1)).toBe("Promoted");
    expect(await house.untilEnd(2)).toBe("RolledBack");
    const now = house.clock.now();
    await house.clock.advance(5_000);
    expect(house.versionsSince(now)).toEqual(["v2"]);
    expect(house.unvetted()).toEqual([]);
    expect(house.rolloutStatus().live).toMatchObject({ track: "twin", workload: "checkout-1" });
    expect(house.rolloutStatus().conditions.map(({ type }) => type)).toContain("LiveOnTwin");

    await house.ship("v2");
    await untilLive(house, "v2");
    expect(house.run()).toMatchObject({ name: "checkout-3", spec: { reason: "Converge" } });
    expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
    expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
    await house.term.stop();
  });
});

describe("a template that goes back to the live one", () => {
  test.each<[Phase, Phase]>([
    ["Preflight", "Superseded"],
    ["Observing", "Superseded"],
    ["SwappingLabels", "Superseded"],
    ["Keeping", "Superseded"],
    ["RolledBack", "RolledBack"],
  ])("in %s brings users back to it and opens the hold", async (phase, end) => {
    const house = await houseIn(phase);
    const fromMs = house.clock.now();
    await house.ship("v1");
    expect(await house.untilEnd(1)).toBe(end);
    await house.until("the hold is open", () => house.rolloutStatus().phase === "Healthy");
    await house.clock.advance(3_000);
    expect(house.object("deployments.apps")?.["spec"]).not.toHaveProperty("paused");
    const now = house.clock.now();
    await house.clock.advance(2_000);
    expect(house.versionsSince(now)).toEqual(["v1"]);
    expect(house.run()?.name).toBe("checkout-1");
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test("in Converging gets a run of its own, back from the twin", async () => {
    const house = await houseIn("Converging");
    const fromMs = house.clock.now();
    await house.ship("v1");
    expect(await house.untilEnd(1)).toBe("Promoted");
    await untilLive(house, "v1");
    expect(house.run()?.name).toBe("checkout-2");
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    await house.term.stop();
  });
});
