import { expect, test } from "vitest";
import { openKeptHouse } from "../controller/fixture.test-helper.ts";
import { rollouts } from "../controller/resources.ts";
import { restartWorkload } from "./restart-workload.ts";

const ref = { namespace: "shop", name: "checkout" };

test("fresh pods of the same version get to users by a run with every step", async () => {
  const house = await openKeptHouse();
  await restartWorkload(house.alice, await house.alice.get(rollouts, ref), house.clock.now());
  await house.until("a run begins", () => house.run()?.spec.ordinal === 1);
  expect(house.run(1)?.spec).toMatchObject({ reason: "NewRevision" });
  expect(house.run(1)?.spec.plan.steps.map(({ weight }) => weight)).toEqual([10, 100]);
  expect(await house.untilEnd(1)).toBe("Promoted");
  const template = house.object("deployments.apps")?.["spec"] as {
    template: { metadata: { annotations: Record<string, string> } };
  };
  expect(template.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]).toMatch(/^\d{4}-.*:\d\dZ$/);
  expect(house.sim.users.summary().failed).toBe(0);
  await house.term.stop();
});

test("where no run would begin nothing is written, and the way out is said", async () => {
  const house = await openKeptHouse({ spec: { suspend: true } });
  const before = JSON.stringify(house.object("deployments.apps")?.["spec"]);
  const rollout = await house.alice.get(rollouts, ref);
  await expect(restartWorkload(house.alice, rollout, house.clock.now())).rejects.toThrow(
    /suspended.*\n.*kubectl -n shop/,
  );
  expect(JSON.stringify(house.object("deployments.apps")?.["spec"])).toBe(before);
  await house.term.stop();
});
