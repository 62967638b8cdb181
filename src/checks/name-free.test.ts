import { expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import { deployment, said, twin, world } from "./fixture.ts";
import { nameFree } from "./name-free.ts";

const taken = (labels: Record<string, string>): KubeObject => {
  const object = deployment("checkout-7");
  return { ...object, metadata: { ...object.metadata, labels } };
};
const run = (...deployments: KubeObject[]) => said(nameFree.run(world({ deployments })));

test("a free name passes, and so does our own twin", () => {
  expect(run(deployment())).toEqual([]);
  expect(run(twin("checkout-7"))).toEqual([]);
});

test.each([
  ["nobody", {}, "is missing"],
  [
    "somebody who copied our labels",
    { "sluice.dev/rollout": "checkout", "sluice.dev/run": "checkout-7" },
    "is checkout",
  ],
  ["another Rollout", { "sluice.dev/rollout": "docs", "sluice.dev/run": "checkout-7" }, "is docs"],
])("a Deployment of %s in its place fails", (_, labels, message) => {
  expect(run(taken(labels))).toEqual([
    expect.stringContaining(
      "Deployment shop/checkout-7 exists already and is not of Rollout shop/checkout (label sluice.dev/rollout",
    ),
  ]);
  expect(run(taken(labels))[0]).toContain(message);
});
