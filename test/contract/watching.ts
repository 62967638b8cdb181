import type { KubeApi, KubeObject, Resource, WatchEvent } from "../../src/kube/port.ts";

/** A watch that a test reads at its own pace. */
export interface Watching extends AsyncDisposable {
  /** The next event that is no bookmark; undefined when the watch has ended. */
  next(): Promise<WatchEvent | undefined>;
  /** Reads on until an event satisfies `wanted`. Everything read is in the answer, the wanted one last. */
  until(wanted: (event: ObjectEvent) => boolean): Promise<ObjectEvent[]>;
}

export type ObjectEvent = { type: "ADDED" | "MODIFIED" | "DELETED"; object: KubeObject };

/** Watches a namespace from `resourceVersion`. */
export function watching(
  api: KubeApi,
  resource: Resource,
  options: { namespace: string; resourceVersion: string; labelSelector?: string; fieldSelector?: string },
): Watching {
  const abort = new AbortController();
  const iterator = api
    .watch(resource, { ...options, timeoutSeconds: 60, signal: abort.signal })
    [Symbol.asyncIterator]();
  async function next(): Promise<WatchEvent | undefined> {
    for (;;) {
      const { done, value } = await iterator.next();
      if (done) return undefined;
      if (value.type !== "BOOKMARK") return value;
    }
  }
  return {
    next,
    async until(wanted) {
      const seen: ObjectEvent[] = [];
      for (let event = await next(); event; event = await next()) {
        if (event.type === "ERROR" || event.type === "BOOKMARK")
          throw new Error(`the watch failed: ${JSON.stringify(event)}`);
        seen.push(event);
        if (wanted(event)) return seen;
      }
      throw new Error(`the watch ended after ${JSON.stringify(seen.map(brief))}`);
    },
    async [Symbol.asyncDispose]() {
      abort.abort();
      await iterator.return?.();
    },
  };
}

/** "ADDED name" */
export function brief(event: ObjectEvent): string {
  return `${event.type} ${event.object.metadata.name}`;
}
