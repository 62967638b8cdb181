import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

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
    await house.untilPhase("Observing", 2);
    expect(await servedNow(house)).toContain("v3");
    expect(house.unvetted()).toEqual([]);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    await house.term.stop();
  });

  test.each<Phase>(["Waiting", "Converging"])(
    "in %s is promoted in the end, and leaves nothing behind",
    async (phase) => {
      const house = await houseIn(phase);
      await house.ship("v3");
      await house.untilEnd(1);
      await untilPromoted(house);
      expect(await servedNow(house)).toEqual(["v3"]);
      expect(house.sim.store.list("deployments.apps", "shop").map(({ metadata }) => metadata.name)).toEqual([
        "checkout",
      ]);
      expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
      expect(house.sim.users.summary().failed).toBe(0);
      await house.term.stop();
    },
  );

  test("that is bad, in the middle of a promotion, is rolled back to the version that was being promoted", async () => {
    const house = await houseIn("Converging", { hold: "none" });
    await house.ship("v3-errors50");
    expect(await house.untilEnd(1)).toBe("Promoted");
    expect(await house.untilEnd(2)).toBe("RolledBack");
    await house.clock.advance(2_000);
    expect(await servedNow(house)).toEqual(["v2"]);
    expect(house.unvetted()).toEqual([]);
    expect(house.rolloutStatus().live).toMatchObject({ track: "twin", workload: "checkout-1" });
    expect(house.rolloutStatus().conditions.map(({ type }) => type)).toContain("LiveOnTwin");

    await house.ship("v2");
    await house.untilPhase("Promoted", 3);
    expect(house.run()?.spec.reason).toBe("Converge");
    await untilPromoted(house);
    expect(await servedNow(house)).toEqual(["v2"]);
    expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
    expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
    expect(house.unvetted()).toEqual([]);
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
    await house.clock.advance(1_000);
    expect(house.object("deployments.apps")?.["spec"]).not.toHaveProperty("paused");
    expect(await servedNow(house)).toEqual(["v1"]);
    expect(house.run()?.name).toBe("checkout-1");
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test("in Converging gets a run of its own, and nobody meets the version in between again", async () => {
    const house = await houseIn("Converging");
    const fromMs = house.clock.now();
    await house.ship("v1");
    expect(await house.untilEnd(1)).toBe("Promoted");
    await house.untilPhase("Keeping", 2);
    const movedMs = house.clock.now();
    await untilPromoted(house);
    expect(house.versionsSince(movedMs)).toEqual(["v1"]);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    await house.term.stop();
  });
});
