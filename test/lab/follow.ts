import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject, ListPage } from "../../src/kube/port.ts";
import type { Admin, Ref } from "./admin.ts";

export interface FollowHandlers {
  /** Added or changed; called again for every object after a reconnect. */
  onUpsert(object: KubeObject): void;
  onDelete(object: KubeObject): void;
}

/**
 * Lists and watches a collection until `signal` is aborted, and begins anew after every kind of failure: the apiserver and etcd
 * are killed and paused in the lab on purpose. Resolves after the first list.
 */
export function follow(admin: Admin, ref: Ref, handlers: FollowHandlers, signal: AbortSignal): Promise<void> {
  const first = Promise.withResolvers<void>();
  void run(admin, ref, handlers, signal, first.resolve);
  return first.promise;
}

async function run(admin: Admin, ref: Ref, handlers: FollowHandlers, signal: AbortSignal, listed: () => void) {
  const known = new Map<string, KubeObject>();
  while (!signal.aborted) {
    try {
      const path = await admin.path(ref);
      const page = await admin.call<ListPage & { metadata: { resourceVersion: string } }>("GET", path, { signal });
      reconcile(known, page.items, handlers);
      listed();
      await watch(admin, path, page.metadata.resourceVersion, known, handlers, signal);
    } catch {
      // Whatever it was, a new list tells the truth again.
    }
    if (!signal.aborted) await sleep(200, undefined, { signal }).catch(() => undefined);
  }
}

function reconcile(known: Map<string, KubeObject>, items: readonly KubeObject[], handlers: FollowHandlers): void {
  const listed = new Set(items.map((item) => item.metadata.uid ?? ""));
  for (const [uid, object] of known) {
    if (listed.has(uid)) continue;
    known.delete(uid);
    handlers.onDelete(object);
  }
  for (const item of items) {
    known.set(item.metadata.uid ?? "", item);
    handlers.onUpsert(item);
  }
}

async function watch(
  admin: Admin,
  path: string,
  resourceVersion: string,
  known: Map<string, KubeObject>,
  handlers: FollowHandlers,
  signal: AbortSignal,
): Promise<void> {
  const query = { watch: "1", resourceVersion, timeoutSeconds: "300", allowWatchBookmarks: "true" };
  const body = await admin.open("GET", path, { query, signal });
  body.setEncoding("utf8");
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") continue;
      const event = JSON.parse(line) as { type: string; object: KubeObject };
      if (event.type === "ERROR") return;
      if (event.type === "BOOKMARK") continue;
      const uid = event.object.metadata.uid ?? "";
      if (event.type === "DELETED") {
        known.delete(uid);
        handlers.onDelete(event.object);
      } else {
        known.set(uid, event.object);
        handlers.onUpsert(event.object);
      }
    }
  }
}
