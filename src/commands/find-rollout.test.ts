import { expect, test } from "vitest";
import { openHouse } from "../controller/fixture.test-helper.ts";
import { rollouts } from "../controller/resources.ts";
import { ApiError } from "../kube/errors.ts";
import type { KubeApi } from "../kube/port.ts";
import { namespaces } from "../kube/resources.ts";
import { findRollout, listRollouts } from "./find-rollout.ts";

const server = "https://cluster";

async function shop(): Promise<KubeApi> {
  return (await openHouse()).alice;
}

test("a Rollout is found by its name", async () => {
  const api = await shop();
  expect((await findRollout({ api, namespace: "shop", server }, "checkout")).metadata.name).toBe("checkout");
});

test("a slip of the pen is met with what was meant", async () => {
  const where = { api: await shop(), namespace: "shop", server };
  await expect(findRollout(where, "chekout")).rejects.toThrow(
    "there is no Rollout chekout in namespace shop\nDid you mean checkout? There is: checkout",
  );
});

test("the wrong namespace is met with the right one", async () => {
  const where = { api: await shop(), namespace: "default", server };
  await expect(findRollout(where, "checkout")).rejects.toThrow("There is one in namespace shop: name it with -n");
});

test("a cluster without the kinds is met with how to install them", async () => {
  const api = await shop();
  const without: KubeApi = { ...api, list: () => Promise.reject(new ApiError(404, "NotFound", "404 page not found")) };
  await expect(listRollouts({ api: without, server }, "shop")).rejects.toThrow(
    "Install them: sluice crds | kubectl apply --server-side -f -",
  );
});

test("rollouts come sorted by namespace and name", async () => {
  const api = await shop();
  await api.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "another" } });
  const checkout = await api.get(rollouts, { namespace: "shop", name: "checkout" });
  for (const [namespace, name] of [
    ["shop", "cart"],
    ["another", "zebra"],
  ] as const) {
    await api.create(rollouts, {
      apiVersion: checkout.apiVersion,
      kind: "Rollout",
      metadata: { name, namespace },
      spec: checkout["spec"],
    });
  }
  const names = (await listRollouts({ api, server }, undefined)).map(({ metadata }) => metadata.name);
  expect(names).toEqual(["zebra", "cart", "checkout"]);
});
