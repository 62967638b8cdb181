import { expect, test } from "vitest";
import { openHouse } from "../controller/fixture.test-helper.ts";
import { deployments, pods } from "../kube/resources.ts";
import { podsOf } from "./pods-of.ts";

const ref = { namespace: "shop", name: "checkout" };

/** A shop with this many pods of its own, the last of them by name not ready, beside a hundred and twenty of a candidate. */
async function crowd(replicas: number) {
  const house = await openHouse({ shop: { replicas } });
  for (let index = 0; index < 120; index++)
    await house.alice.create(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        namespace: "shop",
        name: `checkout-1-${String(index).padStart(3, "0")}`,
        labels: { app: "checkout", "sluice.dev/run": "checkout-1" },
      },
      spec: { containers: [{ name: "app", image: "shop/checkout:v2" }] },
    });
  const own = (await house.alice.list(pods, { namespace: "shop", labelSelector: "app=checkout,!sluice.dev/run" }))
    .items;
  const last =
    own
      .map(({ metadata }) => metadata.name)
      .toSorted()
      .at(-1) ?? "";
  house.sim.kubelet.setReady({ namespace: "shop", name: last }, false);
  await house.clock.advance(1_000);
  const where = { api: house.alice, namespace: "shop", server: "https://cluster" };
  return { last, found: await podsOf(where, await house.alice.get(deployments, ref)) };
}

test("the own pods are all seen beside a hundred of a candidate, and those that are not ready first", async () => {
  const { last, found } = await crowd(12);
  expect(found).toHaveLength(12);
  expect(found[0]).toMatchObject({ name: last, ready: false });
});

test("of many pods those that are not ready are found on whatever page they are", async () => {
  const { last, found } = await crowd(520);
  expect(found).toHaveLength(520);
  expect(found[0]).toMatchObject({ name: last, ready: false });
});
