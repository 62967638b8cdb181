import { expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { ApiError } from "../kube/errors.ts";
import { deployments, horizontalPodAutoscalers } from "../kube/resources.ts";
import { autoscaler, floorOf } from "./autoscaler.test-helper.ts";
import { isSluice, NAMESPACE, type House } from "./fixture.test-helper.ts";
import { houseIn, servedNow } from "./states.test-helper.ts";

const PREVIOUS = { namespace: NAMESPACE, name: "checkout-1" };

/** Users rest on the twin of run 1; run 2 was rolled back. What comes next is run 3, from that twin. */
async function restingOnTwin() {
  const house = await houseIn("Converging", { hold: "none" });
  await house.ship("v3-errors50");
  expect(await house.untilEnd(2)).toBe("RolledBack");
  return house;
}

const takeAway = {
  deletes: (house: House) => house.alice.delete(deployments, PREVIOUS, { propagationPolicy: "Background" }),
  "scales to nothing": (house: House) =>
    house.alice.patch(deployments, PREVIOUS, { type: "merge", patch: { spec: { replicas: 0 } } }),
};

const cases = Object.keys(takeAway).flatMap((how) =>
  (["Waiting", "Scaling", "Observing", "Paused"] as const).map(
    (phase) => [how as keyof typeof takeAway, phase] as const,
  ),
);

test.each(cases)(
  "users of a twin that somebody %s get it back in the middle of the next run, in %s",
  async (how, phase) => {
    const house = await restingOnTwin();
    await house.editRollout((spec) => (spec["steps"] = [{ name: "first", weight: 10, observe: "20s", approval: {} }]));
    await house.ship("v4");
    await comeTo(house, phase);
    await takeAway[how](house);
    await house.clock.advance(8_000);
    const fromMs = house.clock.now();
    expect(await servedNow(house)).toContain("v2");
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  },
);

async function comeTo(house: House, phase: Phase): Promise<void> {
  if (phase === "Waiting" || phase === "Scaling") return house.untilPhase(phase, 3);
  await house.untilPhase("Observing", 3);
  if (phase !== "Paused") return;
  await house.command("pause");
  await house.untilPhase("Paused", 3);
}

test("an undo from the next twin makes it again, and then leads users back to it", async () => {
  const house = await restingOnTwin();
  await house.ship("v4");
  await house.untilPhase("Keeping", 3);
  await takeAway.deletes(house);
  await house.command("undo");
  expect(await house.untilEnd(3)).toBe("Aborted");
  expect(await servedNow(house)).toEqual(["v2"]);
  expect(house.unvetted()).toEqual([]);
  await house.term.stop();
});

test("an autoscaler gets its floor back also where that twin may not be made again", async () => {
  const house = await houseIn("Converging", {
    hold: "none",
    furnish: (alice) => alice.create(horizontalPodAutoscalers, autoscaler(2)),
  });
  await house.ship("v3-errors50");
  await house.untilEnd(2);
  await house.ship("v4");
  await house.untilPhase("Observing", 3);
  house.sim.setFault((call) =>
    isSluice(call) && call.verb === "create" && call.resource === "deployments.apps"
      ? { error: new ApiError(403, "Forbidden", "exceeded quota") }
      : undefined,
  );
  await takeAway.deletes(house);
  await house.command("abort");
  await house.untilEnd(3, 90_000);
  house.sim.setFault(undefined);
  await house.term.stop();
  expect(floorOf(house)).toBe(2);
});
