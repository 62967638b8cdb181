import { HOLD_POLICY } from "../api/metadata.ts";
import type { Clock } from "../clock.ts";
import { ApiError } from "../kube/errors.ts";
import type { Log } from "../kube/log.ts";
import { patiently } from "../kube/patient.ts";
import type { KubeApi } from "../kube/port.ts";

export type Hold = "policy" | "pause";

export interface HoldMode {
  current(): Hold;
  stop(): void;
}

const AGAIN_MS = 60_000;

/** Is the admission policy that holds Deployments in force? Looked up at the start and each minute; without it they are held by staying paused. */
export async function watchHoldMode(options: { api: KubeApi; clock: Clock; log: Log }): Promise<HoldMode> {
  const { api, clock, log } = options;
  let hold = await lookUp(api, clock);
  let cancel = () => {};
  const again = () => {
    cancel = clock.after(AGAIN_MS, () => {
      lookUp(api, clock)
        .then((found) => {
          if (found !== hold) log.warn({ before: hold, now: found }, "the way Deployments are held has changed");
          hold = found;
        })
        .catch((error: unknown) => log.warn({ err: error }, "whether the hold policy is in force could not be read"))
        .finally(again);
    });
  };
  again();
  log.info(
    { hold },
    hold === "policy"
      ? "Deployments are held by the admission policy"
      : "no hold policy is served here: Deployments are held by staying paused",
  );
  return { current: () => hold, stop: () => cancel() };
}

async function lookUp(api: KubeApi, clock: Clock): Promise<Hold> {
  const served = await patiently(clock, () => api.discover("admissionregistration.k8s.io"));
  for (const kind of ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"]) {
    const resource = served.find((candidate) => candidate.kind === kind);
    if (resource === undefined) return "pause";
    try {
      await patiently(clock, () => api.get(resource, { name: HOLD_POLICY }));
    } catch (error) {
      if (error instanceof ApiError && (error.code === 404 || error.code === 403)) return "pause";
      throw error;
    }
  }
  return "policy";
}
