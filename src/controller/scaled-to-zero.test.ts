import { describe, expect, test } from "vitest";
import { deployments } from "../kube/resources.ts";
import { type House, openKeptHouse, ref } from "./fixture.test-helper.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

const HOLDS = ["policy", "none"] as const;

async function scale(house: House, replicas: number): Promise<void> {
  await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { replicas } } });
}

/** As a downscaler does it overnight. */
async function scaleToZeroAndBack(house: House): Promise<void> {
  await scale(house, 0);
  await house.clock.advance(5_000);
  await scale(house, 4);
  await house.clock.advance(15_000);
}

async function expectLeftOut(house: House, phase: string): Promise<void> {
  const fromMs = house.clock.now();
  expect(await servedNow(house)).toEqual(["v1"]);
  expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
  expect(house.rolloutStatus().phase).toBe(phase);
}

describe.each(HOLDS)("a Deployment that is scaled to 0 and back (hold %s)", (hold) => {
  test("brings back the version before, when its template was rolled back", async () => {
    const house = await houseIn("RolledBack", { hold });
    await house.clock.advance(3_000);
    await scaleToZeroAndBack(house);
    await expectLeftOut(house, "RolledBack");
    await house.ship("v2");
    expect(await house.untilEnd(2)).toBe("Promoted");
    await house.term.stop();
  });

  test("the same, when it was aborted", async () => {
    const house = await houseIn("Observing", { hold });
    await house.command("abort");
    await house.untilEnd(1);
    await house.clock.advance(3_000);
    await scaleToZeroAndBack(house);
    await expectLeftOut(house, "RolledBack");
    await house.term.stop();
  });

  test("the same, when it is scaled to 0 in the run that refuses its template", async () => {
    const house = await houseIn("Observing", { hold });
    house.sim.kubelet.setBehaviour(
      { namespace: "shop", labels: { "sluice.dev/run": "checkout-1" } },
      { errorFraction: 0.5 },
    );
    await house.clock.advance(300);
    await scale(house, 0);
    await house.untilEnd(1);
    await scaleToZeroAndBack(house);
    await expectLeftOut(house, "RolledBack");
    await house.term.stop();
  });

  test("the same, when a new template waits since the Rollout is suspended; it gets a run afterwards", async () => {
    const house = await openKeptHouse({ hold, spec: { suspend: true } });
    await house.ship("v2");
    await house.clock.advance(3_000);
    await scaleToZeroAndBack(house);
    await expectLeftOut(house, "Paused");
    await house.editRollout((spec) => void (spec["suspend"] = false));
    await untilPromoted(house);
    await house.term.stop();
  });

  test("is told to have nobody to serve, where it keeps no ReplicaSet of the version before; another template gets to users at once", async () => {
    const house = await houseIn("RolledBack", { hold });
    await house.clock.advance(3_000);
    await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { revisionHistoryLimit: 0 } } });
    await scaleToZeroAndBack(house);
    expect(house.rolloutStatus().message).toMatch(/nobody is served: .*revisionHistoryLimit/);
    expect(house.unvetted()).toEqual([]);
    await house.ship("v1");
    await house.clock.advance(6_000);
    expect(await servedNow(house)).toEqual(["v1"]);
    expect(house.rolloutStatus().phase).toBe("Healthy");
    await house.ship("v2");
    expect(await house.untilEnd(2)).toBe("Promoted");
    await house.term.stop();
  });

  test("brings its refused template in at 0 replicas only when somebody says retry", async () => {
    const house = await houseIn("RolledBack", { hold });
    await house.clock.advance(3_000);
    await scale(house, 0);
    await house.clock.advance(3_000);
    await house.command("retry");
    await house.clock.advance(3_000);
    await scale(house, 4);
    await house.clock.advance(6_000);
    expect(await servedNow(house)).toEqual(["v2-errors50"]);
    await house.term.stop();
  });
});
