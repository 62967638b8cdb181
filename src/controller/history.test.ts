import { describe, expect, test } from "vitest";
import { openKeptHouse, type House } from "./fixture.test-helper.ts";
import { untilPromoted } from "./states.test-helper.ts";

const names = (house: House, resource: string) =>
  house.sim.store.list(resource, "shop").map(({ metadata }) => metadata.name);

describe("the history of a Rollout", () => {
  test("is kept up to its limit: older runs and their revisions are deleted, never what users are on", async () => {
    const house = await openKeptHouse({ spec: { historyLimit: 2 } });
    await house.ship("v2");
    await untilPromoted(house);
    for (const [index, tag] of ["v3-errors50", "v4-errors50", "v5-errors50", "v6-errors50"].entries()) {
      await house.ship(tag);
      expect(await house.untilEnd(index + 2)).toBe("RolledBack");
      await house.clock.advance(1_000);
    }
    // The live revision's run is beyond the limit, and stays.
    expect(names(house, "rolloutruns.sluice.dev")).toEqual(["checkout-1", "checkout-4", "checkout-5"]);
    expect(names(house, "podtemplates")).toEqual(["checkout-0", "checkout-1", "checkout-4", "checkout-5"]);
    expect(house.rolloutStatus().live).toMatchObject({ revision: "checkout-1" });

    await house.ship("v7");
    await house.until("v7 is promoted", () => house.phase(6) === "Promoted");
    await house.clock.advance(2_000);
    expect(names(house, "rolloutruns.sluice.dev")).toEqual(["checkout-5", "checkout-6"]);
    expect(names(house, "podtemplates")).toEqual(["checkout-1", "checkout-5", "checkout-6"]);
    expect(house.sim.store.list("rolloutruns.sluice.dev").flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual(
      [],
    );
    await house.term.stop();
  });
});
