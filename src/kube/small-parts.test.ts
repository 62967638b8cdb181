import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRetryAfter } from "./answer.ts";
import { backoffMs, jitteredMs } from "./backoff.ts";
import { jsonPointer } from "./json-patch.ts";
import { microTime } from "./micro-time.ts";
import { compareResourceVersions, isAtLeast } from "./resource-version.ts";
import { apiVersionOf, configMaps, deployments, objectKey, resourceName } from "./resources.ts";
import { createStore } from "./store.ts";
import { collectionPath, objectPath } from "./url.ts";

test("the backoff doubles from 1 s to 30 s, and never leaves that range", () => {
  expect([0, 1, 2, 3, 4, 5, 100].map((attempt) => backoffMs(attempt, 0))).toEqual([
    1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000,
  ]);
  expect([0, 1, 2, 3, 4, 5, 100].map((attempt) => backoffMs(attempt, 0.9999999))).toEqual([
    2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
  fc.assert(
    fc.property(fc.nat(), fc.float({ min: 0, max: Math.fround(0.999), noNaN: true }), (attempt, random) => {
      const ms = backoffMs(attempt, random);
      expect(ms).toBeGreaterThanOrEqual(1_000);
      expect(ms).toBeLessThanOrEqual(30_000);
    }),
  );
  expect(jitteredMs(240, 0.25, 0.5)).toBe(270);
});

test("a JSON pointer escapes what it must, in the right order", () => {
  expect(jsonPointer("metadata", "annotations", "sluice.dev/run")).toBe("/metadata/annotations/sluice.dev~1run");
  expect(jsonPointer("a~1", 0)).toBe("/a~01/0");
  expect(jsonPointer()).toBe("");
});

test("resourceVersions compare as integers of any length, else by equality", () => {
  expect(compareResourceVersions("9", "10")).toBe(-1);
  expect(compareResourceVersions("90071992547409931", "90071992547409930")).toBe(1);
  expect(compareResourceVersions("x", "x")).toBe(0);
  expect(compareResourceVersions("x", "1")).toBeUndefined();
  expect(isAtLeast("x", "y")).toBe(false);
});

test("times have the digits that Go's parsers want", () => {
  const ms = Date.UTC(2026, 0, 2, 3, 4, 5, 60);
  expect(microTime(ms)).toBe("2026-01-02T03:04:05.060000Z");
});

test("Retry-After is seconds or a date", () => {
  expect(parseRetryAfter("120", 0)).toBe(120_000);
  expect(parseRetryAfter("Thu, 01 Jan 1970 00:01:00 GMT", 10_000)).toBe(50_000);
  expect(parseRetryAfter("Thu, 01 Jan 1970 00:01:00 GMT", 90_000)).toBe(0);
  expect(parseRetryAfter("soon", 0)).toBeUndefined();
});

test("paths and names of resources", () => {
  expect(collectionPath(configMaps)).toBe("/api/v1/configmaps");
  expect(collectionPath(deployments, "shop")).toBe("/apis/apps/v1/namespaces/shop/deployments");
  expect(objectPath(deployments, { namespace: "shop", name: "a:b" }, "scale")).toBe(
    "/apis/apps/v1/namespaces/shop/deployments/a%3Ab/scale",
  );
  expect(() => objectPath(deployments, { name: "a" })).toThrow("Expected a namespace for Deployment");
  expect([apiVersionOf(configMaps), apiVersionOf(deployments)]).toEqual(["v1", "apps/v1"]);
  expect([resourceName(configMaps), resourceName(deployments)]).toEqual(["configmaps", "deployments.apps"]);
  expect([objectKey({ name: "a" }), objectKey({ namespace: "n", name: "a" })]).toEqual(["a", "n/a"]);
});

describe("a store's index", () => {
  const pod = (name: string, node?: string) => ({ metadata: { namespace: "shop", name }, node });

  test("follows objects, and covers those that were there before it", () => {
    const store = createStore<ReturnType<typeof pod>>();
    store.set(pod("a", "one"));
    store.addIndex("node", (object) => (object.node === undefined ? [] : [object.node]));
    store.set(pod("b", "one"));
    store.set(pod("c"));
    const names = (node: string) => store.byIndex("node", node).map((object) => object.metadata.name);
    expect(names("one")).toEqual(["a", "b"]);
    store.set(pod("a", "two"));
    store.remove("shop/b");
    expect([names("one"), names("two")]).toEqual([[], ["a"]]);
  });

  test("must exist, once", () => {
    const store = createStore();
    store.addIndex("x", () => []);
    expect(() => store.addIndex("x", () => [])).toThrow(TypeError);
    expect(() => store.byIndex("y", "")).toThrow(TypeError);
  });
});
