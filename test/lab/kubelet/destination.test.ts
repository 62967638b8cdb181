import { describe, expect, test } from "vitest";
import { serviceFor, serviceLabels, servicesOf, workloadLabels, workloadOf } from "./destination.ts";
import type { Pod, Service } from "./types.ts";

function pod(labels: Record<string, string>, owner?: { kind: string; name: string }): Pod {
  const ownerReferences = owner === undefined ? [] : [{ apiVersion: "apps/v1", uid: "u", controller: true, ...owner }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "checkout-abc-1", namespace: "shop", labels, ownerReferences },
    spec: { containers: [] },
  };
}

function service(name: string, selector: Record<string, string>, namespace = "shop"): Service {
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec: { selector } };
}

describe("workloadOf", () => {
  test("is the Deployment behind a ReplicaSet", () => {
    expect(workloadOf(pod({ "pod-template-hash": "abc" }, { kind: "ReplicaSet", name: "checkout-abc" }))).toBe(
      "checkout",
    );
  });

  test("is the owner itself when that is not a Deployment's", () => {
    expect(workloadOf(pod({}, { kind: "ReplicaSet", name: "checkout-abc" }))).toBe("checkout-abc");
    expect(workloadOf(pod({}, { kind: "StatefulSet", name: "db" }))).toBe("db");
  });

  test("is the pod when nobody owns it", () => {
    expect(workloadOf(pod({}))).toBe("checkout-abc-1");
  });
});

test("servicesOf names those of its own namespace whose whole selector fits", () => {
  const all = [
    service("z", { app: "checkout" }),
    service("a", { app: "checkout", tier: "web" }),
    service("other", { app: "checkout" }, "elsewhere"),
    service("headless", {}),
  ];
  expect(servicesOf(pod({ app: "checkout" }), all)).toEqual(["z"]);
  expect(servicesOf(pod({ app: "checkout", tier: "web" }), all)).toEqual(["a", "z"]);
});

test("serviceFor follows the Host header where it names one of the pod's services", () => {
  expect(serviceFor("b.shop.svc.cluster.local:8000", ["a", "b"])).toBe("b");
  expect(serviceFor("shop.example.com", ["a", "b"])).toBe("a");
  expect(serviceFor(undefined, [])).toBeUndefined();
});

test("labels are those of Istio's destination reporter", () => {
  const labels = { app: "checkout", version: "v2", "pod-template-hash": "abc" };
  expect(workloadLabels(pod(labels, { kind: "ReplicaSet", name: "checkout-abc" }))).toMatchObject({
    reporter: "destination",
    destination_workload: "checkout",
    destination_app: "checkout",
    destination_version: "v2",
    destination_canonical_revision: "v2",
  });
  expect(serviceLabels("checkout", "shop").destination_service).toBe("checkout.shop.svc.cluster.local");
});
