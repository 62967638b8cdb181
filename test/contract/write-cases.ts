import { describe, expect, test } from "vitest";
import { isAlreadyExists, isConflict, isNotFound } from "../../src/kube/errors.ts";
import { isAtLeast } from "../../src/kube/resource-version.ts";
import { configMaps, deployments } from "../../src/kube/resources.ts";
import type { ContractContext } from "./kube-api-contract.ts";
import { configMap, deployment, field } from "./objects.ts";

export function writeCases({ api, namespace }: ContractContext): void {
  const refused = (promise: Promise<unknown>) =>
    promise.then(
      () => "accepted",
      (error: unknown) => error,
    );

  describe("create, get and replace", () => {
    test("create gives uid, version and time, and get returns the same object", async () => {
      const created = await api().create(
        configMaps,
        configMap(namespace(), "plain", { labels: { a: "b" } }, { k: "v" }),
      );
      expect(created).toMatchObject({
        apiVersion: "v1",
        kind: "ConfigMap",
        data: { k: "v" },
        metadata: { labels: { a: "b" } },
      });
      expect(created.metadata.uid).toMatch(/.+/);
      expect(created.metadata.resourceVersion).toMatch(/^\d+$/);
      expect(created.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(await api().get(configMaps, { namespace: namespace(), name: "plain" })).toEqual(created);
    });

    test("what does not exist is NotFound for every verb", async () => {
      const ref = { namespace: namespace(), name: "absent" };
      const absent = configMap(namespace(), "absent");
      expect(await refused(api().get(configMaps, ref))).toSatisfy(isNotFound);
      expect(await refused(api().delete(configMaps, ref))).toSatisfy(isNotFound);
      expect(await refused(api().patch(configMaps, ref, { type: "merge", patch: {} }))).toSatisfy(isNotFound);
      const replacing = api().replace(configMaps, {
        ...absent,
        metadata: { ...absent.metadata, resourceVersion: "1", uid: "u" },
      });
      expect(await refused(replacing)).toMatchObject({ name: "ApiError" });
    });

    test("a name that is no RFC 1123 subdomain is Invalid", async () => {
      for (const name of ["Upper", "two words", "under_score", ".dot", "dash-"])
        expect(await refused(api().create(configMaps, configMap(namespace(), name))), name).toMatchObject({
          code: 422,
          message: expect.stringContaining("metadata.name") as unknown,
        });
    });

    test("a name is taken once", async () => {
      await api().create(configMaps, configMap(namespace(), "taken"));
      const second = await refused(api().create(configMaps, configMap(namespace(), "taken")));
      expect(second).toSatisfy(isAlreadyExists);
      expect(second).not.toSatisfy(isConflict);
    });

    test("nothing is created in a namespace that does not exist", async () => {
      expect(await refused(api().create(configMaps, configMap("no-such-namespace", "lost")))).toSatisfy(isNotFound);
    });

    test("replace takes the newest version only", async () => {
      const created = await api().create(configMaps, configMap(namespace(), "raced", {}, { k: "1" }));
      const replaced = await api().replace(configMaps, { ...created, data: { k: "2" } });
      expect(replaced.metadata.uid).toBe(created.metadata.uid);
      expect(isAtLeast(created.metadata.resourceVersion ?? "", replaced.metadata.resourceVersion ?? "")).toBe(false);
      expect(await refused(api().replace(configMaps, { ...created, data: { k: "3" } }))).toSatisfy(isConflict);
      expect(field(await api().get(configMaps, { namespace: namespace(), name: "raced" }), "data", "k")).toBe("2");
    });

    test("a write that changes nothing makes no new version", async () => {
      const created = await api().create(configMaps, configMap(namespace(), "same", {}, { k: "1" }));
      const replaced = await api().replace(configMaps, created);
      const patched = await api().patch(configMaps, created.metadata, { type: "merge", patch: { data: { k: "1" } } });
      expect(replaced.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
      expect(patched.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
    });

    test("a dry run answers as if, and keeps nothing", async () => {
      const answer = await api().create(configMaps, configMap(namespace(), "dry"), { dryRun: true });
      expect(answer.metadata.name).toBe("dry");
      expect(await refused(api().get(configMaps, { namespace: namespace(), name: "dry" }))).toSatisfy(isNotFound);
      const created = await api().create(configMaps, configMap(namespace(), "dry-patch", {}, { k: "1" }));
      const patched = await api().patch(
        configMaps,
        created.metadata,
        { type: "merge", patch: { data: { k: "2" } } },
        { dryRun: true },
      );
      expect(field(patched, "data", "k")).toBe("2");
      expect(await api().get(configMaps, created.metadata)).toEqual(created);
    });
  });

  describe("status and generation", () => {
    test("spec and status are written apart, and only the spec counts generations", async () => {
      const created = await api().create(deployments, {
        ...deployment(namespace(), "halves"),
        status: { replicas: 7 },
      });
      const ref = created.metadata;
      expect(created.metadata.generation).toBe(1);
      expect(field(created, "status", "replicas")).toBeUndefined();

      const spec = await api().patch(deployments, ref, {
        type: "merge",
        patch: { spec: { minReadySeconds: 3 }, status: { replicas: 7 } },
      });
      expect(spec.metadata.generation).toBe(2);
      expect(field(spec, "status", "replicas")).toBeUndefined();

      const condition = { type: "Tested", status: "True", reason: "Contract", message: "m" };
      const patch = { spec: { minReadySeconds: 9 }, status: { conditions: [condition] } };
      const status = await api().patch(deployments, ref, { type: "merge", patch }, { subresource: "status" });
      expect(field(status, "spec", "minReadySeconds")).toBe(3);
      expect(field(status, "status", "conditions")).toContainEqual(expect.objectContaining(condition));
      expect(status.metadata.generation).toBe(2);
      expect(status.metadata.resourceVersion).not.toBe(spec.metadata.resourceVersion);
    });

    test("replacing the status needs the newest version", async () => {
      const created = await api().create(deployments, deployment(namespace(), "status-race"));
      await api().patch(deployments, created.metadata, {
        type: "merge",
        patch: { metadata: { labels: { raced: "yes" } } },
      });
      const stale = api().replace(deployments, created, { subresource: "status" });
      expect(await refused(stale)).toSatisfy(isConflict);
    });

    test("labels count no generation, annotations of a Deployment do", async () => {
      const created = await api().create(deployments, deployment(namespace(), "labelled"));
      const patch = (metadata: object) =>
        api().patch(deployments, created.metadata, { type: "merge", patch: { metadata } });
      expect((await patch({ labels: { a: "b" } })).metadata.generation).toBe(1);
      expect((await patch({ annotations: { "example.test/a": "b" } })).metadata.generation).toBe(2);
    });
  });
}
