import type { KubeObject, WatchEvent, WatchOptions } from "../kube/port.ts";
import { clone } from "./json.ts";
import { fieldTest, labelTest } from "./selectors.ts";
import type { Change, Store } from "./store.ts";
import { createStream } from "./stream.ts";
import type { Timeline } from "./timeline.ts";

/** A real server sends them about once a minute. */
const BOOKMARK_MS = 50_000;

export interface WatchContext {
  store: Store;
  timeline: Timeline;
  /** From the write until a watcher hears of it. */
  delayMs: () => number;
  /** Shows an object in the version that was asked for. */
  show: (object: KubeObject) => KubeObject;
  /** All watches that are open, to break them. */
  open: Set<(error?: Error) => void>;
}

/**
 * Follows one resource from a version on. An object that comes to match the selector is ADDED, one that ceases to is DELETED. Ends
 * when the time is up or the signal aborts; a version that is too old gets one ERROR with code 410.
 */
export function watchStore(context: WatchContext, resource: string, options: WatchOptions): AsyncIterable<WatchEvent> {
  const { store, timeline, show } = context;
  const { namespace, resourceVersion, timeoutSeconds, signal } = options;
  const byLabels = labelTest(options.labelSelector);
  const byFields = fieldTest(options.fieldSelector);
  const matches = (object: KubeObject) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    byLabels(object.metadata.labels) &&
    byFields(object);

  const delayed: WatchEvent[] = [];
  const cleanups: (() => void)[] = [];
  let cancelBookmark = () => {};
  const stream = createStream<WatchEvent>(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });
  if (signal.aborted) stream.end();
  else start();
  return stream;

  function eventOf(change: Change): WatchEvent | undefined {
    const before = change.previous !== undefined && matches(change.previous);
    const after = change.type !== "DELETED" && matches(change.object);
    if (!before && !after) return undefined;
    const object = clone(show(change.object));
    return { type: before ? (after ? "MODIFIED" : "DELETED") : "ADDED", object };
  }

  function deliver(event: WatchEvent): void {
    const delayMs = context.delayMs();
    if (delayMs <= 0 && delayed.length === 0) {
      stream.push(event);
      return;
    }
    // First in, first out, so that a delay that changes never changes the order.
    delayed.push(event);
    timeline.after(delayMs, () => {
      const next = delayed.shift();
      if (next) stream.push(next);
    });
  }

  function follow(change: Change): void {
    const event = eventOf(change);
    if (event) deliver(event);
  }

  function bookmark(): void {
    cancelBookmark = timeline.after(BOOKMARK_MS, () => {
      deliver({ type: "BOOKMARK", resourceVersion: String(store.version()) });
      bookmark();
    });
  }

  function start(): void {
    const close = (error?: Error) => (error ? stream.fail(error) : stream.end());
    if (resourceVersion === "" || resourceVersion === "0") {
      for (const object of store.list(resource, namespace)) {
        if (matches(object)) deliver({ type: "ADDED", object: clone(show(object)) });
      }
    } else {
      const missed = store.since(resource, Number(resourceVersion));
      if (missed === undefined) {
        const message = `too old resource version: ${resourceVersion} (${store.version()})`;
        stream.push({ type: "ERROR", code: 410, reason: "Expired", message });
        stream.end();
        return;
      }
      for (const change of missed) follow(change);
    }
    context.open.add(close);
    signal.addEventListener("abort", stream.end, { once: true });
    cleanups.push(
      store.onChange(resource, follow),
      timeline.after(timeoutSeconds * 1_000, stream.end),
      () => signal.removeEventListener("abort", stream.end),
      () => void context.open.delete(close),
      () => cancelBookmark(),
    );
    bookmark();
  }
}
