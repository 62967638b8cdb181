import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import type { Condition } from "../api/condition.ts";
import { shopDeployment } from "../sim/shop.ts";
import { deployments } from "../kube/resources.ts";
import { NAMESPACE, ref, rolloutObject, type House } from "./fixture.test-helper.ts";
import { rollouts } from "./resources.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

const conditionsOf = (house: House, name: string) =>
  (house.object("rollouts.sluice.dev", name)?.["status"] as { conditions?: Condition[] } | undefined)?.conditions ?? [];

const runsOf = (house: House, rollout: string) =>
  house.sim.store
    .list("rolloutruns.sluice.dev", NAMESPACE)
    .filter((run) => (run["spec"] as { rollout: string }).rollout === rollout);

/** Another workload with the users of this one: a Rollout that claims the same route. */
async function claimRoute(house: House): Promise<void> {
  await house.alice.create(deployments, shopDeployment("cart", { image: "shop/cart:v1" }));
  const traffic = { service: "checkout", settle: "1s", istio: { virtualServices: [{ name: "checkout" }] } };
  await house.alice.create(rollouts, rolloutObject({ workload: { name: "cart" }, traffic } as never, "second"));
}

const claims: readonly [string, (house: House) => Promise<unknown>, RegExp][] = [
  [
    "workload",
    (house) => house.alice.create(rollouts, rolloutObject({}, "second")),
    /Deployment (shop\/)?checkout.*Rollout (shop\/)?checkout/,
  ],
  ["route", claimRoute, /Rollout shop\/checkout.*VirtualService shop\/checkout/],
];

describe.each(claims)("a second Rollout for one %s", (_what, claim, message) => {
  test.each<Phase>(["Scaling", "Observing", "Paused", "Keeping"])(
    "made in %s is told who has it, starts nothing, and the first one's run goes on",
    async (phase) => {
      const house = await houseIn(phase);
      await claim(house);
      await house.clock.advance(3_000);
      const stalled = conditionsOf(house, "second").find(({ type }) => type === "Stalled");
      expect(stalled).toMatchObject({ status: "True", reason: "Conflict" });
      expect(stalled?.message).toMatch(message);
      expect(house.object("rollouts.sluice.dev", "second")?.["status"]).toMatchObject({ phase: "Conflict" });
      if (phase === "Paused") await house.command("resume");
      await untilPromoted(house);
      await house.clock.advance(2_000);
      expect(await servedNow(house)).toEqual(["v2"]);
      expect(house.sim.users.summary().failed).toBe(0);
      expect(house.unvetted()).toEqual([]);
      expect(runsOf(house, "second")).toEqual([]);
      expect(house.rolloutStatus().phase).toBe("Healthy");
      await house.term.stop();
    },
  );

  test("takes over once the first one is gone", async () => {
    const house = await houseIn("Promoted");
    await claim(house);
    await house.clock.advance(2_000);
    await house.alice.delete(rollouts, ref);
    await house.until("the first one is gone", () => house.object("rollouts.sluice.dev") === undefined);
    await house.until("the second one is healthy", () =>
      conditionsOf(house, "second").some(({ type, status }) => type === "Ready" && status === "True"),
    );
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });
});
