import { describe, expect, test } from "vitest";
import { deployment, template } from "./fixtures.test-helper.ts";
import { specOf } from "./fields.ts";
import { isTwinOf, mendTemplatePatch, scalePatch, twinDeployment, twinPodLabels } from "./twin.ts";

describe("twinDeployment", () => {
  const own = deployment("v1", {
    spec: { minReadySeconds: 4, progressDeadlineSeconds: 90, paused: true },
    annotations: { "argocd.argoproj.io/tracking-id": "x" },
  });
  const twin = twinDeployment({
    rollout: { name: "checkout", uid: "r" },
    runName: "checkout-2",
    own,
    template: template("v2", { "pod-template-hash": "abc" }),
    replicas: 2,
  });
  const labels = { "sluice.dev/rollout": "checkout", "sluice.dev/run": "checkout-2" };

  test("carries the revision, its own selector and nothing of the user's metadata", () => {
    expect(twin).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        name: "checkout-2",
        namespace: "shop",
        labels,
        ownerReferences: [
          {
            apiVersion: "apps/v1",
            kind: "Deployment",
            name: "checkout",
            uid: "own",
            controller: false,
            blockOwnerDeletion: false,
          },
        ],
      },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: template("v2", labels),
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
        minReadySeconds: 4,
        progressDeadlineSeconds: 90,
        revisionHistoryLimit: 0,
      },
    });
  });

  test("is told from others of its name by its selector", () => {
    expect(isTwinOf(twin, "checkout", "checkout-2")).toBe(true);
    expect(isTwinOf(twin, "checkout", "checkout-3")).toBe(false);
    expect(isTwinOf(deployment(), "checkout", "checkout-2")).toBe(false);
  });

  test("gets its template back when somebody edits it, and not for what an admission webhook made of it at its creation", () => {
    const edited = { ...twin, spec: { ...specOf(twin), template: template("v9", labels) } };
    const set = (tag: string) => ({
      ...twin,
      kind: "ReplicaSet",
      spec: { template: template(tag, { ...labels, "pod-template-hash": "a" }) },
    });
    const back = [{ op: "replace", path: "/spec/template", value: template("v2", labels) }];
    expect(mendTemplatePatch(twin, [set("v2")], template("v2"))).toEqual([]);
    expect(mendTemplatePatch(edited, [set("v2")], template("v2"))).toEqual(back);
    expect(mendTemplatePatch(edited, [set("v9"), set("v2")], template("v2"))).toEqual(back);
    // Rolled to it wholly, while nobody looked.
    const annotations = { "deployment.kubernetes.io/revision": "2" };
    const rolled = { ...edited, metadata: { ...edited.metadata, annotations } };
    expect(mendTemplatePatch(rolled, [set("v9")], template("v2"))).toEqual(back);
    expect(mendTemplatePatch(edited, [set("v9")], template("v2"))).toEqual([]);
  });

  test("has labels that fit, whatever the Rollout is called", () => {
    for (const value of Object.values(twinPodLabels("x".repeat(200), "x-1")))
      expect(value.length).toBeLessThanOrEqual(63);
  });

  test("does without settings that the own Deployment has not", () => {
    const spec = twinDeployment({
      rollout: { name: "a", uid: "" },
      runName: "a-1",
      own: deployment(),
      template: {},
      replicas: 1,
    })["spec"];
    expect(spec).not.toHaveProperty("minReadySeconds");
    expect(spec).toMatchObject({ template: { metadata: { labels: { "sluice.dev/run": "a-1" } } } });
  });
});

test("scalePatch writes a size that is not there yet", () => {
  const path = "/spec/replicas";
  expect(scalePatch(deployment(), 5)).toEqual([
    { op: "test", path, value: 4 },
    { op: "add", path, value: 5 },
  ]);
  expect(scalePatch(deployment(), 4)).toEqual([]);
});
