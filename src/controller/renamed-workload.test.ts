import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import type { KubeApi } from "../kube/port.ts";
import { horizontalPodAutoscalers } from "../kube/resources.ts";
import { autoscaler, floorOf } from "./autoscaler.test-helper.ts";
import { openKeptHouse, type House } from "./fixture.test-helper.ts";
import { houseIn, servedNow, shipInto, type KeptHouse } from "./states.test-helper.ts";

const furnish = (alice: KubeApi) => alice.create(horizontalPodAutoscalers, autoscaler(2));
const holds = ["policy", "none"] as const;

const name = (house: House, workload: string): Promise<void> =>
  house.editRollout((spec) => {
    spec["workload"] = { name: workload };
    spec["traffic"] = { settle: "1s", istio: { virtualServices: [{ name: workload }] } };
  });

const holderOf = (house: House, name: string) =>
  house.object("deployments.apps", name)?.metadata.annotations?.["sluice.dev/rollout"];

async function untilOnCart(house: House): Promise<void> {
  await house.until("checkout is let go", () => holderOf(house, "checkout") === undefined);
  await house.until("cart is under protection", () => holderOf(house, "cart") === "checkout");
  await house.clock.advance(3_000);
}

const isPaused = (house: House) =>
  (house.object("deployments.apps")?.["spec"] as { paused?: boolean } | undefined)?.paused ?? false;

const told = (house: House, reason: string) => house.events("checkout").filter((event) => event.reason === reason);

async function expectShipsNatively(house: House): Promise<void> {
  await house.ship("v4");
  await house.until("v4 is rolled out", () => house.versionsSince(house.clock.now() - 500).join() === "v4");
  expect(isPaused(house)).toBe(false);
  expect(house.rolloutStatus().phase).toBe("Healthy");
}

function expectNothingOfOurs(house: House): void {
  expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
  expect(house.object("deployments.apps", "checkout-2")).toBeUndefined();
  expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
  expect(JSON.stringify(house.object("virtualservices.networking.istio.io"))).not.toContain("subset");
  expect(floorOf(house)).toBe(2);
}

async function withCart(house: KeptHouse): Promise<KeptHouse> {
  await house.sim.createShop("cart", { replicas: 2 });
  await house.clock.advance(4_000);
  return house;
}

async function houseWithCart(phase: Phase, hold: (typeof holds)[number]): Promise<KeptHouse> {
  const house = await withCart(await openKeptHouse({ hold, furnish }));
  await shipInto(house, phase);
  return house;
}

describe.each(holds)("a Rollout that names another workload by now (hold %s)", (hold) => {
  test.each([false, true])("at rest lets the first one go (no controller there meanwhile: %s)", async (dead) => {
    const house = await withCart(await openKeptHouse({ hold, furnish }));
    if (dead) house.term.crash();
    await name(house, "cart");
    const term = dead ? await house.start("second") : house.term;
    await untilOnCart(house);
    expect(isPaused(house)).toBe(false);
    expect(told(house, "LeftPaused")).toEqual([]);
    expect(told(house, "Released").map(({ note }) => note)).toEqual([
      expect.stringContaining("names Deployment cart now"),
    ]);
    await expectShipsNatively(house);
    expect(house.sim.users.summary().failed).toBe(0);
    await term.stop();
  });

  test("at rest with a version that was refused leaves that paused, and says so", async () => {
    const house = await houseWithCart("RolledBack", hold);
    await house.clock.advance(3_000);
    const fromMs = house.clock.now();
    await name(house, "cart");
    await untilOnCart(house);
    expect(isPaused(house)).toBe(true);
    expect(told(house, "LeftPaused").map(({ note }) => note)).toEqual([
      expect.stringContaining("kubectl -n shop rollout resume deployment/checkout"),
    ]);
    expect(await servedNow(house)).toEqual(["v1"]);
    expectNothingOfOurs(house);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    await house.term.stop();
  });

  test.each([false, true])(
    "while users are on a twin brings them back first (no controller there: %s)",
    async (dead) => {
      const house = await houseWithCart("Converging", hold);
      await house.ship("v3-errors50");
      await house.untilPhase("RolledBack", 2);
      await house.clock.advance(3_000);
      const fromMs = house.clock.now();
      if (dead) house.term.crash();
      await name(house, "cart");
      const term = dead ? await house.start("second") : house.term;
      await untilOnCart(house);
      expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
      expect(house.unvetted()).toEqual([]);
      expect(await servedNow(house)).not.toContain("v3-errors50");
      expectNothingOfOurs(house);
      expect(isPaused(house)).toBe(true);
      expect(told(house, "LeftPaused")).toHaveLength(1);
      await term.stop();
    },
  );

  test("while users are on a twin, and a newer version waits beside, brings them back as well", async () => {
    const house = await houseWithCart("Converging", hold);
    await house.editRollout((spec) => {
      spec["suspend"] = true;
    });
    await house.ship("v3");
    expect(await house.untilEnd(1)).toBe("Promoted");
    await house.clock.advance(5_000);
    const fromMs = house.clock.now();
    await name(house, "cart");
    await untilOnCart(house);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    expect(await servedNow(house)).not.toContain("v3");
    expectNothingOfOurs(house);
    expect(isPaused(house)).toBe(true);
    expect(house.run(1)?.status.transitions.filter(({ to }) => to === "Releasing")).toHaveLength(1);
    await house.term.stop();
  });

  test("in the middle of a run finishes that first", async () => {
    const house = await houseWithCart("Observing", hold);
    await name(house, "cart");
    expect(await house.untilEnd(1)).toBe("Promoted");
    await untilOnCart(house);
    expect(await servedNow(house)).toEqual(["v2"]);
    expectNothingOfOurs(house);
    await expectShipsNatively(house);
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test("and the first one again protects that again", async () => {
    const house = await withCart(await openKeptHouse({ hold, furnish }));
    await name(house, "cart");
    await untilOnCart(house);
    await name(house, "checkout");
    await house.until("checkout is held", () => holderOf(house, "checkout") === "checkout");
    await house.until("cart is let go", () => holderOf(house, "cart") === undefined);
    await house.ship("v2");
    await house.untilEnd(1);
    expect(await servedNow(house)).toEqual(["v2"]);
    expect(house.unvetted()).toEqual([]);
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test("which is not there yet keeps the first one until it is", async () => {
    const house = await houseIn("Promoted", { hold, furnish });
    await name(house, "cart");
    await house.ship("v3");
    await house.clock.advance(20_000);
    expect(house.rolloutStatus().phase).toBe("WorkloadNotFound");
    expect(holderOf(house, "checkout")).toBe("checkout");
    expect(await servedNow(house)).toEqual(["v2"]);
    await name(house, "checkout");
    expect(await house.untilEnd(2)).toBe("Promoted");
    expect(await servedNow(house)).toEqual(["v3"]);
    await name(house, "cart");
    await withCart(house);
    await untilOnCart(house);
    await expectShipsNatively(house);
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });
});
