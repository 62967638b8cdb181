import { describe, expect, test } from "vitest";
import { deployment } from "./fixtures.test-helper.ts";
import { adoptPatch, heldBy, pausePatch, releasePatch, unadoptPatch } from "./hold.ts";

const path = "/metadata/annotations/sluice.dev~1rollout";
const testVersion = { op: "test", path: "/metadata/resourceVersion", value: "7" };
const free = deployment("v1", { annotations: { a: "b" } });
const held = deployment("v1", { annotations: { a: "b", "sluice.dev/rollout": "checkout" } });
const paused = deployment("v1", { annotations: { "sluice.dev/rollout": "checkout" }, spec: { paused: true } });

describe("adoptPatch", () => {
  test("marks, and pauses only where no policy does it", () => {
    expect(adoptPatch(free, "checkout", "policy")).toEqual([{ op: "add", path, value: "checkout" }]);
    expect(adoptPatch(free, "checkout", "pause")).toEqual([
      { op: "add", path, value: "checkout" },
      { op: "add", path: "/spec/paused", value: true },
    ]);
  });

  test("makes the map of annotations only if nobody has made it since", () => {
    expect(adoptPatch(deployment(), "checkout", "policy")).toEqual([
      testVersion,
      { op: "add", path: "/metadata/annotations", value: { "sluice.dev/rollout": "checkout" } },
    ]);
  });

  test("does nothing when it is done, and takes nothing from another Rollout", () => {
    expect(adoptPatch(held, "checkout", "policy")).toEqual([]);
    expect(adoptPatch(held, "checkout", "pause")).toEqual([{ op: "add", path: "/spec/paused", value: true }]);
    expect(adoptPatch(paused, "checkout", "pause")).toEqual([]);
    expect(adoptPatch(held, "other", "pause")).toEqual([]);
    expect(heldBy(held)).toBe("checkout");
    expect(heldBy(deployment())).toBeUndefined();
  });
});

describe("unadoptPatch", () => {
  test("takes off our mark and no other", () => {
    expect(unadoptPatch(held, "checkout")).toEqual([
      { op: "test", path, value: "checkout" },
      { op: "remove", path },
    ]);
    expect(unadoptPatch(held, "other")).toEqual([]);
    expect(unadoptPatch(deployment(), "checkout")).toEqual([]);
  });

  test("leaves no empty map behind", () => {
    expect(unadoptPatch(paused, "checkout")).toEqual([
      { op: "test", path: "/metadata/annotations", value: { "sluice.dev/rollout": "checkout" } },
      { op: "remove", path: "/metadata/annotations" },
    ]);
  });
});

describe("pausing and releasing", () => {
  test("a release holds only for the object that was looked at", () => {
    expect(releasePatch(paused)).toEqual([testVersion, { op: "remove", path: "/spec/paused" }]);
  });

  test("a release of an object that never came from the API server is a bug", () => {
    const { resourceVersion: _, ...metadata } = paused.metadata;
    expect(() => releasePatch({ ...paused, metadata })).toThrow(TypeError);
  });

  test("nothing to do is no patch", () => {
    expect(releasePatch(held)).toEqual([]);
    expect(pausePatch(paused)).toEqual([]);
    expect(pausePatch(held)).toEqual([{ op: "add", path: "/spec/paused", value: true }]);
  });
});
