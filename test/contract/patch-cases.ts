import { describe, expect, test } from "vitest";
import { isConflict } from "../../src/kube/errors.ts";
import { jsonPointer, testResourceVersion } from "../../src/kube/json-patch.ts";
import type { JsonPatchOperation, KubeObject } from "../../src/kube/port.ts";
import { configMaps } from "../../src/kube/resources.ts";
import type { ContractContext } from "./kube-api-contract.ts";
import { configMap, field } from "./objects.ts";

export function patchCases({ api, namespace }: ContractContext): void {
  const refused = (promise: Promise<unknown>) =>
    promise.then(
      () => "accepted",
      (error: unknown) => error,
    );
  const create = (name: string, data: Record<string, string>) =>
    api().create(configMaps, configMap(namespace(), name, {}, data));
  const json = (object: KubeObject, ...operations: JsonPatchOperation[]) =>
    api().patch(configMaps, object.metadata, { type: "json", operations });
  const invalid = { name: "ApiError", code: 422, reason: "Invalid" };

  describe("a merge patch", () => {
    test("sets what it names, removes what it nulls and leaves the rest", async () => {
      const created = await create("merge", { keep: "1", change: "1", drop: "1" });
      const patched = await api().patch(configMaps, created.metadata, {
        type: "merge",
        patch: { data: { change: "2", drop: null } },
      });
      expect(field(patched, "data")).toEqual({ keep: "1", change: "2" });
    });

    test("with an old resourceVersion is a conflict", async () => {
      const created = await create("merge-race", { k: "1" });
      await json(created, { op: "replace", path: "/data/k", value: "2" });
      const patch = { metadata: { resourceVersion: created.metadata.resourceVersion }, data: { k: "3" } };
      expect(await refused(api().patch(configMaps, created.metadata, { type: "merge", patch }))).toSatisfy(isConflict);
    });
  });

  describe("a JSON patch", () => {
    test("adds, replaces and removes, also under names with slashes", async () => {
      const created = await create("json", { a: "1", b: "1" });
      const path = jsonPointer("metadata", "annotations", "example.test/x");
      const patched = await json(
        created,
        { op: "add", path: "/metadata/annotations", value: {} },
        { op: "add", path, value: "z" },
        { op: "replace", path: "/data/a", value: "2" },
        { op: "remove", path: "/data/b" },
      );
      expect(field(patched, "data")).toEqual({ a: "2" });
      expect(patched.metadata.annotations).toEqual({ "example.test/x": "z" });
      expect(path).toBe("/metadata/annotations/example.test~1x");
    });

    test("whose test fails is Invalid and does nothing", async () => {
      const created = await create("json-test", { a: "1", b: "1" });
      const patching = json(
        created,
        { op: "replace", path: "/data/a", value: "2" },
        { op: "test", path: "/data/b", value: "9" },
      );
      expect(await refused(patching)).toMatchObject(invalid);
      expect(await api().get(configMaps, created.metadata)).toEqual(created);
    });

    test("may test the version of the object", async () => {
      const created = await create("json-version", { a: "1" });
      const version = testResourceVersion(created.metadata.resourceVersion ?? "");
      const patched = await json(created, version, { op: "replace", path: "/data/a", value: "2" });
      expect(field(patched, "data")).toEqual({ a: "2" });
      expect(await refused(json(created, version, { op: "replace", path: "/data/a", value: "3" }))).toMatchObject(
        invalid,
      );
    });

    // A replace of a member that is not there is taken for an add by the API server: test before, where it matters.
    test("that removes or tests what is not there is Invalid", async () => {
      const created = await create("json-absent", { a: "1" });
      expect(await refused(json(created, { op: "remove", path: "/data/none" }))).toMatchObject(invalid);
      expect(await refused(json(created, { op: "test", path: "/data/none", value: "1" }))).toMatchObject(invalid);
      expect(await refused(json(created, { op: "replace", path: "/none/deep", value: "1" }))).toMatchObject(invalid);
      expect(await refused(json(created, { op: "add", path: "/metadata/annotations/a", value: "1" }))).toMatchObject(
        invalid,
      );
    });
  });

  describe("server-side apply", () => {
    const apply = (name: string, data: Record<string, string>, fieldManager: string, force = false) =>
      api().patch(
        configMaps,
        { namespace: namespace(), name },
        { type: "apply", object: { ...configMap(namespace(), name, {}, data) }, force },
        { fieldManager },
      );

    test("creates what is not there and remembers whose fields they are", async () => {
      const applied = await apply("applied", { a: "1" }, "first");
      expect(field(applied, "data")).toEqual({ a: "1" });
      expect(applied.metadata.managedFields).toContainEqual(
        expect.objectContaining({ manager: "first", operation: "Apply" }),
      );
    });

    test("removes what its manager no longer says and keeps what others said", async () => {
      await apply("owned", { a: "1", b: "1" }, "first");
      await apply("owned", { c: "1" }, "second");
      expect(field(await apply("owned", { a: "1" }, "first"), "data")).toEqual({ a: "1", c: "1" });
    });

    test("refuses to change another manager's field unless forced", async () => {
      await apply("contended", { a: "1" }, "first");
      expect(await refused(apply("contended", { a: "2" }, "second"))).toSatisfy(isConflict);
      expect(field(await apply("contended", { a: "2" }, "second", true), "data")).toEqual({ a: "2" });
    });
  });
}
