import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FakeRequest } from "./fake-apiserver.ts";
import { createInformer } from "./informer.ts";
import { bookmark, event, InformerFixture, isWatch, item } from "./informer-fixture.ts";
import { silentLog } from "./log.ts";
import type { KubeObject } from "./port.ts";
import { configMaps, keyOf } from "./resources.ts";

let at: InformerFixture;

beforeEach(async () => {
  at = await InformerFixture.start();
});
afterEach(async () => {
  await at.close();
});

describe("handlers", () => {
  test("cannot kill the informer", async () => {
    await at.server.next();
    await at.cache.stop();
    const kept = createInformer({
      api: at.client,
      resource: configMaps,
      clock: at.clock,
      random: () => 0,
      log: silentLog,
      transform: (object) => {
        if (object.metadata.name === "unreadable") throw new Error("no such field");
        return object;
      },
      onChange: () => {
        throw new Error("handler");
      },
    });
    await at.expectList([item("a", 10), item("unreadable", 11)], 20);
    const watch = await at.expectWatch(20);
    watch.stream();
    watch.send(event("ADDED", item("b", 21)));
    await at.until(() => kept.get("shop", "b") !== undefined);
    expect(kept.list().map(keyOf)).toEqual(["shop/a", "shop/b"]);
    await kept.stop();
  });
});

describe("stopping", () => {
  test("while a list is in flight opens no watch and tells nobody", async () => {
    const list = await at.server.next();
    await at.cache.stop();
    list.json(200, {
      kind: "ConfigMapList",
      apiVersion: "v1",
      metadata: { resourceVersion: "1" },
      items: [item("a", 1)],
    });
    await at.clock.advance(3_600_000);
    expect(at.server.seen).toHaveLength(1);
    expect(at.told).toEqual([]);
    expect(at.clock.pending()).toBe(0);
    await expect(at.cache.whenSynced()).rejects.toThrow("stopped");
  });

  test("closes the watch", async () => {
    const watch = await at.synced();
    const closed = new Promise((resolve) => watch.response.on("close", resolve));
    await at.cache.stop();
    await closed;
    expect(at.clock.pending()).toBe(0);
  });

  test("waiting for the first list can be given up", async () => {
    await expect(at.cache.whenSynced(AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });
});

describe("the periodic relist", () => {
  /** With random 0.5 the first is due after 630 s. */
  async function relistWith(watch: FakeRequest, items: KubeObject[], version: number): Promise<void> {
    for (let minute = 0; minute < 10; minute++) {
      await at.clock.advance(60_000);
      watch.send(bookmark(20));
      const atMs = at.clock.monotonic();
      await at.until(() => at.cache.lastContactMs() === atMs);
    }
    await at.clock.advance(30_000);
    const request = await at.server.next();
    expect(isWatch(request)).toBe(false);
    request.json(200, {
      kind: "ConfigMapList",
      apiVersion: "v1",
      metadata: { resourceVersion: String(version) },
      items,
    });
  }

  test("finds nothing when nothing was missed", async () => {
    const watch = await at.synced();
    await relistWith(watch, [item("a", 10), item("b", 11)], 25);
    await at.until(() => at.misses.length > 0);
    expect(at.misses).toEqual([0]);
    expect(at.told).toEqual([]);
  });

  test("counts and mends what no event told of", async () => {
    const watch = await at.synced();
    await relistWith(watch, [item("a", 22), item("c", 23)], 25);
    await at.until(() => at.told.length === 3);
    expect(at.told).toEqual(["updated a 22", "added c 23", "deleted b 11"]);
    expect(at.misses).toEqual([]);
    watch.send(bookmark(30));
    await at.until(() => at.misses.length > 0);
    expect(at.misses).toEqual([3]);
  });

  test("does not count events that were only on their way", async () => {
    const watch = await at.synced();
    await relistWith(watch, [item("a", 22)], 25);
    await at.until(() => at.told.length === 2);
    watch.send(event("MODIFIED", item("a", 21)));
    watch.send(event("MODIFIED", item("a", 22)));
    watch.send(event("DELETED", item("b", 23)));
    await at.until(() => at.misses.length > 0);
    expect(at.misses).toEqual([0]);
    expect(at.told).toEqual(["updated a 22", "deleted b 11"]);
  });

  test("starts over when the server's history went backwards", async () => {
    const watch = await at.synced();
    await relistWith(watch, [item("a", 10)], 5);
    const again = await at.expectList([item("a", 4)], 5);
    expect(isWatch(again)).toBe(false);
    await at.expectWatch(5);
    expect(at.told).toEqual(["updated a 4", "deleted b 11"]);
  });
});
