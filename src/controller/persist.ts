import { perObject } from "../api/per-object.ts";
import type { RunStatus } from "../api/run.ts";
import type { Context } from "./context.ts";
import type { ReadRun } from "./observe.ts";
import { rolloutRuns } from "./resources.ts";

const PROGRESS_WRITE_MS = 10_000;

/** What a write of this status entitles to: exposing more, in this state, step and epoch. */
export function memoryKey(status: RunStatus): string {
  return `${status.phase} ${status.step} ${status.epoch}`;
}

/** Numbers that move at every reading are not worth a write of their own. */
const essence = perObject((status: RunStatus): string => {
  const { objectives, writer: _, ...rest } = status;
  return JSON.stringify({ ...rest, verdicts: objectives.map((objective) => [objective.name, objective.verdict]) });
});

/** Writes the status on a transition, on a changed verdict, and otherwise at most every ten seconds. Throws a conflict when the memory was not the newest. */
export async function persistRun(
  context: Context,
  run: ReadRun,
  next: RunStatus,
  lastWriteMs: number | undefined,
): Promise<boolean> {
  const { api, clock, persisted } = context;
  const mine = persisted.get(run.uid) === memoryKey(next);
  const moved = essence(run.status) !== essence(next);
  const older = lastWriteMs === undefined || clock.monotonic() - lastWriteMs >= PROGRESS_WRITE_MS;
  const numbers = older && JSON.stringify(run.status) !== JSON.stringify(next);
  if (mine && !moved && !numbers) return false;
  const status = { ...next, observedGeneration: run.object.metadata.generation ?? 0 };
  const object = { ...run.object, status };
  // Of a write whose answer is lost nobody knows what the memory is: until one is known to be kept, nothing is exposed by an older one.
  persisted.delete(run.uid);
  await api.replace(rolloutRuns, object, { subresource: "status" });
  persisted.set(run.uid, memoryKey(next));
  return true;
}
