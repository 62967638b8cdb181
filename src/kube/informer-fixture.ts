import { createManualClock } from "../manual-clock.ts";
import { createKubeClient, type KubeClient } from "./client.ts";
import { type FakeApiserver, type FakeRequest, startFakeApiserver } from "./fake-apiserver.ts";
import { type Cache, createInformer } from "./informer.ts";
import { silentLog } from "./log.ts";
import type { KubeObject } from "./port.ts";
import { configMaps } from "./resources.ts";

export const item = (name: string, version: number): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "shop", uid: `uid-${name}`, resourceVersion: String(version) },
});
export const listOf = (version: number, ...items: KubeObject[]) => ({
  kind: "ConfigMapList",
  apiVersion: "v1",
  metadata: { resourceVersion: String(version) },
  items,
});
export const event = (type: string, object: KubeObject) => ({ type, object });
export const bookmark = (version: number) =>
  event("BOOKMARK", { ...item("", version), metadata: { name: "", resourceVersion: String(version) } });
export const isWatch = (request: FakeRequest) => request.url.searchParams.get("watch") === "true";

/** An informer of ConfigMaps on a fake API server and a manual clock, with random 0.5 and pages of 2. */
export class InformerFixture {
  readonly clock = createManualClock();
  readonly server: FakeApiserver;
  readonly client: KubeClient;
  readonly cache: Cache;
  /** "added NAME VERSION" */
  readonly told: string[] = [];
  readonly misses: number[] = [];
  readonly #failures: object[] = [];

  private constructor(server: FakeApiserver) {
    this.server = server;
    this.client = createKubeClient({ kubeConfig: server.kubeConfig, clock: this.clock });
    const keep = (fields: object) => void this.#failures.push(fields);
    this.cache = createInformer<KubeObject>({
      api: this.client,
      resource: configMaps,
      clock: this.clock,
      random: () => 0.5,
      log: { ...silentLog, info: keep, warn: keep },
      transform: (object) => object,
      onChange: (kind, { metadata }) => this.told.push(`${kind} ${metadata.name} ${metadata.resourceVersion}`),
      onRelist: (count) => this.misses.push(count),
      pageSize: 2,
    });
  }

  static async start(): Promise<InformerFixture> {
    return new InformerFixture(await startFakeApiserver());
  }

  async close(): Promise<void> {
    const stopped = this.cache.stop();
    await this.client.close();
    await this.server.close();
    await stopped;
  }

  /** Waits for I/O, without moving the clock. */
  until(done: () => boolean): Promise<void> {
    return this.clock.advanceUntil(done, 0);
  }

  async expectList(items: KubeObject[], version: number, continueToken?: string): Promise<FakeRequest> {
    const request = await this.server.next();
    must(!isWatch(request), "a list", request);
    const list = listOf(version, ...items);
    request.json(200, { ...list, metadata: { ...list.metadata, continue: continueToken } });
    return request;
  }

  async expectWatch(version: number): Promise<FakeRequest> {
    const request = await this.server.next();
    const from = request.url.searchParams.get("resourceVersion");
    must(isWatch(request) && from === String(version), `a watch from ${version}`, request);
    return request;
  }

  /** Listed a 10 and b 11 at version 20, and watching; forgets what was told until then. */
  async synced(): Promise<FakeRequest> {
    await this.expectList([item("a", 10), item("b", 11)], 20);
    const watch = await this.expectWatch(20);
    watch.stream();
    this.told.length = 0;
    return watch;
  }

  /** The next request after the informer has noticed a failure and waited as it thinks right; how long that was. */
  async nextAfterFailure(): Promise<{ request: FakeRequest; waitedMs: number }> {
    await this.until(() => this.#failures.length > 0);
    const { waitMs } = this.#failures.shift() as { waitMs: number };
    const before = this.server.seen.length;
    await this.clock.advance(waitMs - 1);
    must(this.server.seen.length === before, `no request within ${waitMs} ms`, this.server.seen.at(-1));
    await this.clock.advance(1);
    return { request: await this.server.next(), waitedMs: waitMs };
  }
}

function must(holds: boolean, expected: string, request: FakeRequest | undefined): void {
  if (!holds) throw new Error(`expected ${expected}, got ${request?.method} ${request?.url}`);
}
