import type { Resource } from "../kube/port.ts";
import { discoverKeda } from "./resources.ts";
import { watchForKind, type KindWatchOptions } from "./watch-for-kind.ts";

export type KedaWatchOptions = Pick<KindWatchOptions, "api" | "clock" | "log" | "namespace"> & {
  /** Told once, when ScaledObjects are served and may be read: before this resolves, or later. */
  onFound(resource: Resource): void;
};

/** Looks for KEDA at the start and each minute until it is there. */
export async function watchForKeda(options: KedaWatchOptions): Promise<{ stop(): void }> {
  return watchForKind({
    ...options,
    discover: async () => {
      const found = await discoverKeda(options.api);
      return found === undefined ? undefined : [found];
    },
    onFound: (resources) => {
      for (const resource of resources) options.onFound(resource);
    },
    words: {
      found: "KEDA is served: the floor of a ScaledObject is raised for the time of a run",
      refused: "KEDA is served, but its ScaledObjects may not be read: their floors are left alone",
      unread: "whether KEDA is served could not be read",
    },
  });
}
