import { describe, expect, test } from "vitest";
import { ApiError } from "../../src/kube/errors.ts";
import type { KubeObject, WatchEvent } from "../../src/kube/port.ts";
import { compareResourceVersions, isAtLeast } from "../../src/kube/resource-version.ts";
import { configMaps, deployments } from "../../src/kube/resources.ts";
import type { ContractContext } from "./kube-api-contract.ts";
import { configMap } from "./objects.ts";
import { brief, watching } from "./watching.ts";

export function listAndWatchCases({ api, namespace, tooOld }: ContractContext): void {
  const create = (name: string, labels: Record<string, string>) =>
    api().create(configMaps, configMap(namespace(), name, { labels }));
  const merge = (object: KubeObject, patch: Record<string, unknown>) =>
    api().patch(configMaps, object.metadata, { type: "merge", patch });
  const names = (items: KubeObject[]) => items.map((item) => item.metadata.name).toSorted();
  const from = async () => ({
    namespace: namespace(),
    resourceVersion: (await api().list(configMaps, { namespace: namespace() })).resourceVersion,
  });

  describe("a list", () => {
    test("selects by labels and by name, in one namespace or all", async () => {
      await create("list-a", { set: "list", tier: "web" });
      await create("list-b", { set: "list", tier: "db" });
      const some = await api().list(configMaps, { namespace: namespace(), labelSelector: "set=list,tier!=db" });
      expect(names(some.items)).toEqual(["list-a"]);
      expect(some.items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
      expect(names((await api().list(configMaps, { labelSelector: "set in (list),tier" })).items)).toEqual([
        "list-a",
        "list-b",
      ]);
      expect(
        names((await api().list(configMaps, { namespace: namespace(), fieldSelector: "metadata.name=list-b" })).items),
      ).toEqual(["list-b"]);
      expect((await api().list(configMaps, { namespace: "no-such-namespace" })).items).toEqual([]);
    });

    test("comes in pages of one moment", async () => {
      for (const name of ["page-1", "page-2", "page-3", "page-4", "page-5"]) await create(name, { set: "page" });
      const query = { namespace: namespace(), labelSelector: "set=page", limit: 2 };
      const first = await api().list(configMaps, query);
      expect(first.items).toHaveLength(2);
      await create("page-6", { set: "page" });
      const second = await api().list(configMaps, { ...query, continueToken: first.continueToken ?? "" });
      const third = await api().list(configMaps, { ...query, continueToken: second.continueToken ?? "" });
      expect(names([...first.items, ...second.items, ...third.items])).toEqual([
        "page-1",
        "page-2",
        "page-3",
        "page-4",
        "page-5",
      ]);
      expect(third.continueToken).toBeUndefined();
      expect(second.resourceVersion).toBe(first.resourceVersion);
    });

    test("has a version no older than any of its objects", async () => {
      const created = await create("list-version", {});
      const { resourceVersion } = await api().list(configMaps, { namespace: namespace() });
      expect(isAtLeast(resourceVersion, created.metadata.resourceVersion ?? "")).toBe(true);
    });
  });

  describe("a watch", () => {
    test("tells everything after its version, in order, once", async () => {
      await create("watch-before", {});
      await using watch = watching(api(), configMaps, await from());
      const one = await create("watch-one", {});
      const changed = await merge(one, { data: { k: "1" } });
      await merge(one, { data: { k: "1" } });
      const two = await create("watch-two", {});
      await api().delete(configMaps, one.metadata);
      const events = await watch.until((event) => event.type === "DELETED");
      expect(events.map(brief)).toEqual([
        "ADDED watch-one",
        "MODIFIED watch-one",
        "ADDED watch-two",
        "DELETED watch-one",
      ]);
      expect(events[1]?.object).toEqual(changed);
      const versions = events.map((event) => event.object.metadata.resourceVersion ?? "");
      expect(versions.slice(0, 3)).toEqual([one, changed, two].map((object) => object.metadata.resourceVersion));
      // A deletion has a version of its own, newer than the last write.
      expect(compareResourceVersions(versions[3] ?? "", versions[2] ?? "")).toBe(1);
    });

    test("can begin in the past", async () => {
      const start = await from();
      const object = await create("watch-past", {});
      await merge(object, { data: { k: "1" } });
      await using watch = watching(api(), configMaps, start);
      const events = await watch.until((event) => event.type === "MODIFIED");
      expect(events.map(brief)).toEqual(["ADDED watch-past", "MODIFIED watch-past"]);
    });

    test("with a selector tells when an object comes into it and leaves it", async () => {
      const start = await from();
      await using watch = watching(api(), configMaps, { ...start, labelSelector: "watched=yes" });
      const object = await create("watch-selected", { watched: "no" });
      await merge(object, { metadata: { labels: { watched: "yes" } } });
      await merge(object, { data: { k: "1" } });
      await merge(object, { metadata: { labels: { watched: "no" } } });
      const events = await watch.until((event) => event.type === "DELETED");
      expect(events.map((event) => event.type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    });

    test("from a version that is too old is refused with 410", async () => {
      const { resource, resourceVersion } = tooOld();
      const signal = new AbortController().signal;
      let refused: WatchEvent | ApiError | undefined;
      try {
        for await (const event of api().watch(resource, { resourceVersion, timeoutSeconds: 30, signal })) {
          refused = event;
          break;
        }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        refused = error;
      }
      expect(refused).toMatchObject({ code: 410, reason: expect.stringMatching(/^(Expired|Gone)$/) });
    });

    test("ends quietly when it is aborted", async () => {
      const abort = new AbortController();
      const iterator = api()
        .watch(configMaps, { ...(await from()), timeoutSeconds: 30, signal: abort.signal })
        [Symbol.asyncIterator]();
      const end = iterator.next();
      const created = await create("watch-open", {});
      expect((await end).value).toMatchObject({ type: "ADDED", object: { metadata: { uid: created.metadata.uid } } });
      const last = iterator.next();
      abort.abort();
      expect(await last).toMatchObject({ done: true });
    });
  });

  test("a call whose caller gave up is refused as Aborted", async () => {
    const refused = api().get(configMaps, { namespace: namespace(), name: "any" }, { signal: AbortSignal.abort() });
    await expect(refused).rejects.toMatchObject({ name: "ApiError", code: 0, reason: "Aborted" });
  });

  test("discovery knows what is served", async () => {
    expect(await api().discover("apps")).toContainEqual(deployments);
    expect(await api().discover("")).toContainEqual(configMaps);
    expect(await api().discover("no-such-group.example")).toEqual([]);
  });
}
