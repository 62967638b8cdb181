import type { Clock } from "../clock.ts";
import { ApiError } from "../kube/errors.ts";
import type { Log } from "../kube/log.ts";
import { patiently } from "../kube/patient.ts";
import type { KubeApi, Resource } from "../kube/port.ts";

export interface KindWatchOptions {
  api: KubeApi;
  clock: Clock;
  log: Log;
  /** Only this namespace; all of them when absent. */
  namespace?: string;
  /** What is needed, as the cluster serves it now; undefined when some of it is not served. */
  discover(): Promise<readonly Resource[] | undefined>;
  /** Told once, when all of it is served and may be read: before this resolves, or later. */
  onFound(resources: readonly Resource[]): void;
  /** Told each time that all of it is served and may not be read. */
  onRefused?(): void;
  /** What the log says, once each. `absent` where that is worth a line. */
  words: { found: string; absent?: string; refused: string; unread: string };
}

const AGAIN_MS = 60_000;

/** Looks for kinds at the start and each minute until they are there: they may be installed later, or the right to them be given later. */
export async function watchForKind(options: KindWatchOptions): Promise<{ stop(): void }> {
  const { clock, log, onFound, words } = options;
  let stopped = false;
  let cancel = () => {};
  let told: Found["is"] | undefined;

  async function look(): Promise<void> {
    const found = await lookUp(options);
    if (stopped) return;
    if (found.is === "readable") {
      log.info({}, words.found);
      onFound(found.resources);
      return;
    }
    if (found.is === "refused") options.onRefused?.();
    if (found.is === "refused" && told !== "refused") log.warn({ err: found.error }, words.refused);
    if (found.is === "absent" && told !== "absent" && words.absent !== undefined) log.info({}, words.absent);
    told = found.is;
    later();
  }

  function later(): void {
    cancel = clock.after(AGAIN_MS, () => {
      look().catch((error: unknown) => {
        log.warn({ err: error }, words.unread);
        if (!stopped) later();
      });
    });
  }

  await look();
  return {
    stop() {
      stopped = true;
      cancel();
    },
  };
}

type Found = { is: "absent" } | { is: "refused"; error: ApiError } | { is: "readable"; resources: readonly Resource[] };

/** A right that is missing for it, as after an upgrade of the image alone, must not keep everything else from work. */
async function lookUp({ api, clock, namespace, discover }: KindWatchOptions): Promise<Found> {
  const resources = await patiently(clock, discover);
  if (resources === undefined) return { is: "absent" };
  try {
    for (const resource of resources) {
      const scope = namespace === undefined || !resource.namespaced ? {} : { namespace };
      await patiently(clock, () => api.list(resource, { limit: 1, ...scope }));
    }
    return { is: "readable", resources };
  } catch (error) {
    if (!(error instanceof ApiError) || (error.code !== 403 && error.code !== 404)) throw error;
    return error.code === 404 ? { is: "absent" } : { is: "refused", error };
  }
}
