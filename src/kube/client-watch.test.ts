import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createManualClock, type ManualClock } from "../manual-clock.ts";
import { createKubeClient, type KubeClient, type RequestInfo } from "./client.ts";
import { type FakeApiserver, startFakeApiserver } from "./fake-apiserver.ts";
import type { KubeObject, WatchEvent } from "./port.ts";
import { configMaps } from "./resources.ts";

let server: FakeApiserver;
let clock: ManualClock;
let client: KubeClient;
let requests: RequestInfo[];

beforeEach(async () => {
  server = await startFakeApiserver();
  clock = createManualClock();
  requests = [];
  client = createKubeClient({ kubeConfig: server.kubeConfig, clock, onRequest: (info) => requests.push(info) });
});

afterEach(async () => {
  await client.close();
  await server.close();
});

const object = (name: string, resourceVersion = "1"): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "shop", resourceVersion },
});

describe("a watch", () => {
  const open = (signal: AbortSignal) =>
    client.watch(configMaps, { resourceVersion: "5", timeoutSeconds: 240, signal })[Symbol.asyncIterator]();
  const added = (name: string) => ({ type: "ADDED", object: object(name) });

  test("gives events as they come, split anywhere, and ends with the server", async () => {
    const watch = open(new AbortController().signal);
    const first = watch.next();
    const request = await server.next();
    expect(Object.fromEntries(request.url.searchParams)).toEqual({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: "5",
      timeoutSeconds: "240",
    });
    request.stream();
    const bytes = new TextEncoder().encode(`${JSON.stringify(added("zürich"))}\n`);
    const cut = bytes.indexOf(0xc3) + 1;
    request.send(bytes.subarray(0, cut));
    request.send(bytes.subarray(cut));
    expect((await first).value).toEqual(added("zürich"));
    const end = watch.next();
    request.response.end();
    expect(await end).toMatchObject({ done: true });
    expect(requests).toEqual([{ verb: "watch", resource: "configmaps", code: 200, durationMs: 0 }]);
  });

  test("has no timeout once it is open", async () => {
    const watch = open(new AbortController().signal);
    const first = watch.next();
    const request = await server.next();
    request.stream();
    await clock.advanceUntil(() => requests.length > 0, 0);
    await clock.advance(600_000);
    request.send(added("late"));
    expect((await first).value).toEqual(added("late"));
  });

  test("that does not open ends like any call", async () => {
    const first = open(new AbortController().signal).next();
    const refused = first.catch((error: unknown) => error);
    await server.next();
    await clock.advance(15_000);
    expect(await refused).toMatchObject({ code: 0, reason: "Timeout" });
    const second = open(new AbortController().signal).next();
    (await server.next()).status(410, "Expired");
    await expect(second).rejects.toMatchObject({ code: 410, reason: "Expired" });
  });

  test("is broken by a reset in the middle of an object", async () => {
    const first = open(new AbortController().signal).next();
    const refused = first.catch((error: unknown) => error);
    const request = await server.next();
    request.stream();
    request.send('{"type":"ADDED","object":{"meta');
    request.reset();
    expect(await refused).toMatchObject({ code: 0, reason: "Network" });
  });

  test("ends without an error when it is aborted, and closes its connection", async () => {
    const abort = new AbortController();
    const first = open(abort.signal).next();
    const request = await server.next();
    const closed = new Promise((resolve) => request.response.on("close", resolve));
    request.stream();
    await clock.advanceUntil(() => requests.length > 0, 0);
    abort.abort();
    expect(await first).toEqual({ done: true, value: undefined as unknown as WatchEvent });
    await closed;
  });

  test("leaves its connection when its reader does", async () => {
    const watch = client.watch(configMaps, {
      resourceVersion: "5",
      timeoutSeconds: 240,
      signal: new AbortController().signal,
    });
    const reading = (async () => {
      for await (const event of watch) return event;
      return undefined;
    })();
    const request = await server.next();
    const closed = new Promise((resolve) => request.response.on("close", resolve));
    request.stream();
    request.send(added("one"));
    expect(await reading).toEqual(added("one"));
    await closed;
  });
});
