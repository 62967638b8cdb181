import type { TwinFacts } from "../engine/facts.ts";
import type { KubeObject } from "../kube/port.ts";
import { objectKey } from "../kube/resources.ts";
import { twinReadiness } from "../workload/ready.ts";
import { mendTemplatePatch } from "../workload/twin.ts";
import type { PodTemplate } from "../workload/types.ts";
import { BY_OWNER } from "./caches.ts";
import type { Context } from "./context.ts";

/** For how many milliseconds this process has seen a pod of it available; 0 when none is. */
export function availableFor({ settle, clock }: Context, key: string, twin: KubeObject | undefined): number {
  const isAvailable = twinReadiness(twin).available > 0;
  const forMs = settle.forMs(key, `${twin?.metadata.uid} ${isAvailable}`, clock.monotonic());
  return isAvailable ? forMs : 0;
}

/** For how many milliseconds it has been gone, and each of its pods gone or on its way out; 0 while one stays. */
export function leavingFor(
  { settle, clock }: Context,
  key: string,
  twin: KubeObject | undefined,
  pods: readonly KubeObject[],
): number {
  const isLeaving = twin === undefined && pods.every((pod) => pod.metadata.deletionTimestamp !== undefined);
  const forMs = settle.forMs(key, String(isLeaving), clock.monotonic());
  return isLeaving ? forMs : 0;
}

const JUST_NOW = { availableForMs: 0, leavingForMs: 0, edited: false };

/** Whether its template is no longer that of `revision`, because somebody changed it. */
export function isEdited(
  { caches }: Context,
  twin: KubeObject | undefined,
  revision: PodTemplate | undefined,
): boolean {
  if (twin === undefined || revision === undefined) return false;
  return mendTemplatePatch(twin, caches.replicaSets.byIndex(BY_OWNER, objectKey(twin.metadata)), revision).length > 0;
}

/** What a decision needs to know of a twin; `since` are the two times above, and whether it was edited. */
export function twinFacts(twin: KubeObject | undefined, pods: readonly KubeObject[], since = JUST_NOW): TwinFacts {
  const state = twinReadiness(twin, [...pods]);
  return {
    exists: state.exists,
    replicas: state.replicas,
    available: state.available,
    full: state.full,
    ...since,
    pods: pods.length,
    podsLeaving: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined).length,
    ...(state.trouble === undefined ? {} : { trouble: state.trouble }),
  };
}
