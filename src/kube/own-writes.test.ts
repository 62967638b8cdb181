import { describe, expect, test } from "vitest";
import { createOwnWrites, rememberWrites } from "./own-writes.ts";
import type { KubeApi, KubeObject } from "./port.ts";
import { configMaps } from "./resources.ts";

const ref = { namespace: "shop", name: "a" };
const object = (resourceVersion: string, uid = "u1", extra: Partial<KubeObject["metadata"]> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { ...ref, uid, resourceVersion, ...extra },
});

function written(resourceVersion: string, uid = "u1") {
  const own = createOwnWrites();
  own.record(configMaps, object(resourceVersion, uid));
  return own;
}

describe("a cache after our own write", () => {
  test("is stale until it shows that version or a later one", () => {
    const own = written("20");
    expect(own.isStale(configMaps, ref, { uid: "u1", resourceVersion: "9" })).toBe(true);
    expect(own.isStale(configMaps, ref, { uid: "u1", resourceVersion: "21" })).toBe(false);
    expect(own.pending()).toBe(0);
  });

  test("is stale without the object, until it has seen as far", () => {
    const own = written("20");
    expect(own.isStale(configMaps, ref, { resourceVersion: undefined })).toBe(true);
    expect(own.isStale(configMaps, ref, { resourceVersion: undefined, cacheResourceVersion: "19" })).toBe(true);
    expect(own.isStale(configMaps, ref, { resourceVersion: undefined, cacheResourceVersion: "20" })).toBe(false);
  });

  test("is stale while it shows the object that went before of that name", () => {
    const own = written("20", "u2");
    expect(own.isStale(configMaps, ref, { uid: "u1", resourceVersion: "9" })).toBe(true);
    expect(own.isStale(configMaps, ref, { uid: "u3", resourceVersion: "30" })).toBe(false);
  });

  test("is fresh for objects that we did not write", () => {
    expect(written("20").isStale(configMaps, { namespace: "shop", name: "b" }, { resourceVersion: undefined })).toBe(
      false,
    );
  });

  test("is judged by the newest write, whichever answer came last", () => {
    const own = written("20");
    own.record(configMaps, object("19"));
    expect(own.isStale(configMaps, ref, { uid: "u1", resourceVersion: "19" })).toBe(true);
  });

  test("is fresh after the deletion was seen", () => {
    const own = written("20");
    own.observe(configMaps, "deleted", object("21"));
    expect(own.isStale(configMaps, ref, { resourceVersion: undefined })).toBe(false);
  });

  test("with versions that cannot be compared, is fresh by equality or another uid", () => {
    expect(written("x").isStale(configMaps, ref, { uid: "u1", resourceVersion: "w" })).toBe(true);
    expect(written("x").isStale(configMaps, ref, { uid: "u1", resourceVersion: "x" })).toBe(false);
    expect(written("x").isStale(configMaps, ref, { uid: "u2", resourceVersion: "y" })).toBe(false);
    const own = written("x");
    own.observe(configMaps, "updated", object("x"));
    expect(own.isStale(configMaps, ref, { uid: "u1", resourceVersion: "y" })).toBe(false);
  });
});

describe("an API that remembers", () => {
  const answers = (object_: KubeObject) =>
    ({
      create: async () => object_,
      replace: async () => object_,
      patch: async () => object_,
      delete: async () => {},
    }) as unknown as KubeApi;

  test("records what writes return and puts it into the cache", async () => {
    const own = createOwnWrites();
    const put: KubeObject[] = [];
    const cache = { put: (object_: KubeObject) => void put.push(object_), get: () => undefined };
    const api = rememberWrites(answers(object("20")), own, () => cache);
    await api.patch(configMaps, ref, { type: "merge", patch: {} });
    expect(put).toHaveLength(1);
    expect(own.isStale(configMaps, ref, { uid: "u1", resourceVersion: "19" })).toBe(true);
  });

  test("forgets dry runs, and Scales, which are no object of the kind", async () => {
    const own = createOwnWrites();
    const api = rememberWrites(answers(object("20")), own, () => undefined);
    await api.create(configMaps, object("1"), { dryRun: true });
    await api.patch(configMaps, ref, { type: "merge", patch: {} }, { subresource: "scale" });
    expect(own.pending()).toBe(0);
  });

  test("after a delete the cache is stale while it shows the object as if nothing were", async () => {
    const own = createOwnWrites();
    let cached: KubeObject | undefined = object("20");
    const cache = { resource: configMaps, get: () => cached, put: () => {}, resourceVersion: () => "20" };
    await rememberWrites(answers(object("20")), own, () => cache).delete(configMaps, ref);
    expect(own.isStaleIn(cache, ref)).toBe(true);
    cached = object("21", "u1", { deletionTimestamp: "2026-01-01T00:00:00Z" });
    expect(own.isStaleIn(cache, ref)).toBe(false);
    expect(own.pending()).toBe(0);
  });
});
