import type { Clock } from "../clock.ts";
import { ApiError } from "../kube/errors.ts";
import type { Log } from "../kube/log.ts";
import { patiently } from "../kube/patient.ts";
import type { KubeApi, Resource } from "../kube/port.ts";
import { discoverKeda } from "./resources.ts";

export interface KedaWatchOptions {
  api: KubeApi;
  clock: Clock;
  log: Log;
  /** Only this namespace; all of them when absent. */
  namespace?: string;
  /** Told once, when ScaledObjects are served and may be read: before this resolves, or later. */
  onFound(resource: Resource): void;
}

const AGAIN_MS = 60_000;

/** Looks for KEDA at the start and each minute until it is there: it may be installed later, or its right be given later. */
export async function watchForKeda(options: KedaWatchOptions): Promise<{ stop(): void }> {
  const { clock, log, onFound } = options;
  let stopped = false;
  let cancel = () => {};
  let refused = false;

  async function look(): Promise<void> {
    const found = await lookUp(options);
    if (stopped) return;
    if (found.is === "readable") {
      log.info({}, "KEDA is served: the floor of a ScaledObject is raised for the time of a run");
      onFound(found.resource);
      return;
    }
    if (found.is === "refused" && !refused) {
      log.warn(
        { err: found.error },
        "KEDA is served, but its ScaledObjects may not be read: their floors are left alone",
      );
    }
    refused = found.is === "refused";
    later();
  }

  function later(): void {
    cancel = clock.after(AGAIN_MS, () => {
      look().catch((error: unknown) => {
        log.warn({ err: error }, "whether KEDA is served could not be read");
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

type Found = { is: "absent" } | { is: "refused"; error: ApiError } | { is: "readable"; resource: Resource };

/** A right that is missing for it, as after an upgrade of the image alone, must not keep everything else from work. */
async function lookUp({ api, clock, namespace }: KedaWatchOptions): Promise<Found> {
  const resource = await patiently(clock, () => discoverKeda(api));
  if (resource === undefined) return { is: "absent" };
  try {
    await patiently(clock, () => api.list(resource, { limit: 1, ...(namespace === undefined ? {} : { namespace }) }));
    return { is: "readable", resource };
  } catch (error) {
    if (!(error instanceof ApiError) || (error.code !== 403 && error.code !== 404)) throw error;
    return error.code === 404 ? { is: "absent" } : { is: "refused", error };
  }
}
