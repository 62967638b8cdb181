import { expect, test } from "vitest";
import { template } from "./fixtures.test-helper.ts";
import { revisionObject, revisionTemplate } from "./revision.ts";

test("a revision is kept as a PodTemplate of the Rollout, without the ReplicaSet's label", () => {
  const owner = {
    apiVersion: "sluice.dev/v1alpha1",
    kind: "Rollout",
    metadata: { name: "checkout", namespace: "shop", uid: "r" },
  };
  const kept = revisionObject({
    name: "checkout-2",
    namespace: "shop",
    rollout: "checkout",
    template: template("v2", { "pod-template-hash": "abc" }),
    owner,
  });
  expect(kept).toEqual({
    apiVersion: "v1",
    kind: "PodTemplate",
    metadata: {
      name: "checkout-2",
      namespace: "shop",
      labels: { "sluice.dev/rollout": "checkout", "sluice.dev/run": "checkout-2" },
      ownerReferences: [
        {
          apiVersion: owner.apiVersion,
          kind: "Rollout",
          name: "checkout",
          uid: "r",
          controller: true,
          blockOwnerDeletion: false,
        },
      ],
    },
    template: template("v2"),
  });
  expect(revisionTemplate(kept)).toEqual(template("v2"));
});
