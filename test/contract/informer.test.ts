import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { type Cache, createInformer } from "../../src/kube/informer.ts";
import { silentLog } from "../../src/kube/log.ts";
import { createOwnWrites, rememberWrites } from "../../src/kube/own-writes.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import { configMaps, keyOf } from "../../src/kube/resources.ts";
import { configMap } from "./objects.ts";
import { type RealServer, realServer } from "./real-server.ts";

const namespace = "informer-contract";
let server: RealServer;

beforeAll(async () => {
  server = await realServer(namespace, 2);
}, 120_000);
afterAll(async () => {
  await server?.close();
});

/** A cache, and a promise of the moment when it satisfies `done`. */
function watched(api: RealServer["api"], relistMs?: number) {
  const misses: number[] = [];
  let check = () => {};
  const cache = createInformer<KubeObject>({
    api,
    resource: configMaps,
    namespace,
    clock: systemClock,
    random: () => 0,
    log: silentLog,
    transform: (object) => object,
    onChange: () => check(),
    onRelist: (count) => {
      misses.push(count);
      check();
    },
    pageSize: 7,
    ...(relistMs === undefined ? {} : { relistMs }),
  });
  function until(done: (cache: Cache) => boolean): Promise<void> {
    return new Promise((resolve) => {
      check = () => {
        if (done(cache)) resolve();
      };
      check();
    });
  }
  return { cache, misses, until };
}

const byKey = (objects: KubeObject[]) => new Map(objects.map((object) => [keyOf(object), object]));

test("a cache equals the server after writers, deletions and cut connections", { timeout: 60_000 }, async () => {
  const cut = server.anotherClient();
  const { cache, until } = watched(cut);
  await cache.whenSynced();
  const names = Array.from({ length: 30 }, (_, index) => `object-${index}`);
  await Promise.all(names.map((name) => server.api.create(configMaps, configMap(namespace, name))));
  // All connections of the cache's client break; what follows happens while it is away.
  await cut.close();
  for (const name of names.slice(0, 20)) {
    await server.api.patch(configMaps, { namespace, name }, { type: "merge", patch: { data: { changed: "yes" } } });
  }
  await Promise.all(names.slice(10, 15).map((name) => server.api.delete(configMaps, { namespace, name })));
  const last = await server.api.create(configMaps, configMap(namespace, "last"));
  await until(() => cache.get(namespace, "last")?.metadata.uid === last.metadata.uid);
  const { items } = await server.api.list(configMaps, { namespace });
  expect(byKey(cache.list())).toEqual(byKey(items));
  await cache.stop();
  await cut.close();
});

test("a relist beside the watch finds nothing missed on a busy server", { timeout: 60_000 }, async () => {
  const { cache, misses, until } = watched(server.api, 150);
  await cache.whenSynced();
  let writing = true;
  const writer = (async () => {
    for (let count = 0; writing; count++) {
      const { metadata } = await server.api.create(configMaps, configMap(namespace, `busy-${count}`));
      await server.api.patch(configMaps, metadata, { type: "merge", patch: { data: { count: String(count) } } });
      if (count % 2 === 0) await server.api.delete(configMaps, metadata);
    }
  })();
  await until(() => misses.length >= 5);
  writing = false;
  await writer;
  expect(misses.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
  await cache.stop();
});

test("what this process wrote is in its cache at once", { timeout: 60_000 }, async () => {
  const { cache } = watched(server.api);
  await cache.whenSynced();
  const own = createOwnWrites();
  const api = rememberWrites(server.api, own, () => cache);
  const { metadata } = await api.create(configMaps, configMap(namespace, "own"));
  expect(cache.resourceVersionOf(namespace, "own")).toBe(metadata.resourceVersion);
  for (const value of ["1", "2", "3"]) {
    const written = await api.patch(configMaps, metadata, { type: "merge", patch: { data: { value } } });
    expect(cache.resourceVersionOf(namespace, "own")).toBe(written.metadata.resourceVersion);
    expect(own.isStaleIn(cache, metadata)).toBe(false);
  }
  await cache.stop();
});
