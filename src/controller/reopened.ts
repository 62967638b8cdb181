import { rfc3339 } from "../engine/memory.ts";
import type { Caches } from "./caches.ts";
import { isWhole, successorOf } from "./successor.ts";
import type { ReadRun } from "./observe.ts";

/** Whether the Rollout names another workload than the one that this run is for; `workload` undefined: none that is known. */
export function isLeft(run: ReadRun, workload: string | undefined): boolean {
  return workload !== undefined && workload !== run.spec.pinned.workload.name;
}

/**
 * Why the run that left users on a twin has one more thing to do, which is to put routes, rule and floor back: in a sentence. Undefined
 * where it has not.
 */
export function whyReopened(
  caches: Caches,
  newest: ReadRun,
  { deleting, workload }: { deleting: boolean; workload: string | undefined },
): string | undefined {
  if (newest.status.liveOnTwin !== true) return undefined;
  if (deleting) return "the Rollout was deleted while users were on the candidate's own pods";
  if (isLeft(newest, workload))
    return `the Rollout names Deployment ${workload} now, while users of Deployment ${newest.spec.pinned.workload.name} were on the candidate's own pods`;
  return isMadeAgain(caches, newest)
    ? "the Deployment was deleted, and made again, while users were on the candidate's own pods"
    : undefined;
}

/** Users can be let to the other Deployment's pods: they are all there, or there is no twin any more. */
function isMadeAgain(caches: Caches, run: ReadRun): boolean {
  const { namespace, spec, status } = run;
  const own = successorOf(caches, run);
  const twin = status.phase === "Promoted" ? spec.to.workload : spec.from.workload;
  return own !== undefined && (caches.deployments.get(namespace, twin) === undefined || isWhole(caches, own));
}

/** The run as it goes on from its end. Its version was not refused, unless it had been before: the same may be tried again. */
export function reopened(run: ReadRun, message: string, deleting: boolean, nowMs: number): ReadRun {
  const { phase, transitions, finishedAt: _, stalled: __, ...status } = run.status;
  const record = { at: rfc3339(nowMs), from: phase, to: "Releasing" as const, event: "deleted", message };
  const end = { reason: deleting || phase !== "Promoted" ? ("Deleted" as const) : ("Superseded" as const), message };
  const next = { ...status, phase: record.to, since: record.at, deadlines: {}, end, liveOnTwin: false };
  return { ...run, status: { ...next, transitions: [...transitions, record] } };
}
