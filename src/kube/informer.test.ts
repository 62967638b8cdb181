import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FakeRequest } from "./fake-apiserver.ts";
import { bookmark, event, InformerFixture, isWatch, item, listOf } from "./informer-fixture.ts";
import { keyOf } from "./resources.ts";

let at: InformerFixture;

beforeEach(async () => {
  at = await InformerFixture.start();
});
afterEach(async () => {
  await at.close();
});

describe("listing", () => {
  test("reads page by page, then watches from the first page's version", async () => {
    const first = await at.expectList([item("a", 10), item("b", 11)], 20, "more");
    expect(first.url.searchParams.get("limit")).toBe("2");
    expect(at.cache.hasSynced()).toBe(false);
    const second = await at.expectList([item("c", 12)], 20);
    expect(second.url.searchParams.get("continue")).toBe("more");
    await at.cache.whenSynced();
    await at.expectWatch(20);
    expect(at.told).toEqual(["added a 10", "added b 11", "added c 12"]);
    expect(at.cache.size()).toBe(3);
    expect(at.cache.get("shop", "c")?.metadata.resourceVersion).toBe("12");
    expect(at.cache.resourceVersion()).toBe("20");
  });

  test("begins anew at once when the pages' moment is gone", async () => {
    await at.expectList([item("a", 10)], 20, "more");
    (await at.server.next()).status(410, "Expired");
    const { request, waitedMs } = await at.nextAfterFailure();
    expect(waitedMs).toBeLessThanOrEqual(500);
    expect(request.url.searchParams.get("continue")).toBeNull();
    expect(at.told).toEqual([]);
  });

  test("is tried for ever, less and less often, and honours Retry-After", async () => {
    const waits: number[] = [];
    (await at.server.next()).status(500, "InternalError");
    for (const retryAfter of [undefined, undefined, undefined, undefined, undefined, undefined, undefined, "50"]) {
      const { request, waitedMs } = await at.nextAfterFailure();
      waits.push(waitedMs);
      request.status(429, "TooManyRequests", {}, retryAfter === undefined ? {} : { "retry-after": retryAfter });
    }
    waits.push((await at.nextAfterFailure()).waitedMs);
    expect(waits).toEqual([1_500, 3_000, 6_000, 12_000, 22_500, 22_500, 22_500, 22_500, 50_000]);
  });
});

describe("watching", () => {
  test("follows events, and keeps what it knows current", async () => {
    const watch = await at.synced();
    at.clock.setWall(0);
    await at.clock.advance(5_000);
    watch.send(event("MODIFIED", item("a", 21)));
    watch.send(event("ADDED", item("ü", 22)));
    watch.send(event("DELETED", item("b", 23)));
    await at.until(() => at.told.length === 3);
    expect(at.told).toEqual(["updated a 21", "added ü 22", "deleted b 11"]);
    expect(at.cache.list().map(keyOf)).toEqual(["shop/a", "shop/ü"]);
    expect(at.cache.lastContactMs()).toBe(5_000);
    expect(at.cache.resourceVersionOf("shop", "a")).toBe("21");
  });

  test("goes on from the last bookmark after the server's normal end", async () => {
    const watch = await at.synced();
    await at.clock.advance(60_000);
    watch.send(bookmark(99));
    await at.until(() => at.cache.resourceVersion() === "99");
    watch.response.end();
    await at.expectWatch(99);
    expect(at.told).toEqual([]);
  });

  test("asks for a length that differs from informer to informer", async () => {
    const watch = await at.synced();
    expect(watch.url.searchParams.get("timeoutSeconds")).toBe("270");
  });

  test("leaves a connection that fell silent, and goes on from where it was", async () => {
    const watch = await at.synced();
    await at.clock.advance(60_000);
    watch.send(bookmark(30));
    await at.until(() => at.cache.resourceVersion() === "30");
    const closed = new Promise((resolve) => watch.response.on("close", resolve));
    await at.clock.advance(75_000 - 1);
    expect(at.server.seen).toHaveLength(2);
    await at.clock.advance(1);
    const { request } = await at.nextAfterFailure();
    await closed;
    expect(isWatch(request)).toBe(true);
    expect(request.url.searchParams.get("resourceVersion")).toBe("30");
  });

  test.each([
    ["an HTTP answer", (watch: FakeRequest) => watch.status(410, "Expired")],
    [
      "an event",
      (watch: FakeRequest) => (
        watch.stream(),
        watch.send({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired", message: "too old" } })
      ),
    ],
  ])("lists again at once after 410 as %s, and tells the difference only", async (_, refuse) => {
    await at.expectList([item("a", 10), item("b", 11)], 20);
    const watch = await at.expectWatch(20);
    at.told.length = 0;
    refuse(watch);
    const { request, waitedMs } = await at.nextAfterFailure();
    expect(waitedMs).toBe(250);
    expect(isWatch(request)).toBe(false);
    request.json(200, listOf(500, item("a", 10), item("c", 400)));
    await at.expectWatch(500);
    expect(at.told).toEqual(["added c 400", "deleted b 11"]);
    expect(at.misses).toEqual([]);
  });

  test("does not hurry when the fresh list is gone as well", async () => {
    await at.expectList([], 20);
    (await at.expectWatch(20)).status(410, "Expired");
    const list = await at.nextAfterFailure();
    list.request.json(200, listOf(30));
    (await at.expectWatch(30)).status(410, "Expired");
    expect((await at.nextAfterFailure()).waitedMs).toBeGreaterThanOrEqual(1_000);
  });

  test("comes back after a reset in the middle of an object, and misses nothing", async () => {
    const watch = await at.synced();
    const line = new TextEncoder().encode(JSON.stringify(event("MODIFIED", item("ü", 21))));
    watch.send(line.subarray(0, line.length - 20));
    watch.reset();
    const { request, waitedMs } = await at.nextAfterFailure();
    expect(waitedMs).toBe(1_500);
    expect(request.url.searchParams.get("resourceVersion")).toBe("20");
    request.stream();
    request.send(event("ADDED", item("ü", 21)));
    await at.until(() => at.told.length > 0);
    expect(at.told).toEqual(["added ü 21"]);
  });

  test.each([401, 403, 429, 500, 503])("outlives %i, and lists again when it goes on", async (code) => {
    await at.expectList([item("a", 10)], 20);
    (await at.expectWatch(20)).status(code, "Whatever");
    for (let failure = 0; failure < 2; failure++) {
      const { request } = await at.nextAfterFailure();
      expect(isWatch(request)).toBe(true);
      request.status(code, "Whatever");
    }
    expect(isWatch((await at.nextAfterFailure()).request)).toBe(false);
  });

  test("outlives HTML, and an in-stream error that is not 410", async () => {
    await at.expectList([item("a", 10)], 20);
    (await at.expectWatch(20)).response.writeHead(200, { "content-type": "text/html" }).end("<html>");
    const second = (await at.nextAfterFailure()).request;
    second.stream();
    second.send({ type: "ERROR", object: { kind: "Status", code: 500, message: "etcd is away" } });
    const third = (await at.nextAfterFailure()).request;
    expect(isWatch(third)).toBe(true);
    third.stream();
    third.send(event("MODIFIED", item("a", 21)));
    await at.until(() => at.told.includes("updated a 21"));
  });

  test("does not spin when the server closes every watch at once", async () => {
    const watch = await at.synced();
    watch.response.end();
    const { waitedMs, request } = await at.nextAfterFailure();
    expect(waitedMs).toBe(1_500);
    expect(isWatch(request)).toBe(true);
  });
});
