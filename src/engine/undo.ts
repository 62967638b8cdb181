import type { RunSpec, RunStatus, TrackedRevision } from "../api/run.ts";

interface EndedRun {
  spec: Pick<RunSpec, "from" | "to" | "reason">;
  status: Pick<RunStatus, "phase">;
}

/** What an undo brings back: the revision that the newest promotion of the live one set out from. `runs` the newest first. */
export function previousRevision(liveHash: string, runs: readonly EndedRun[]): TrackedRevision | undefined {
  const brought = runs.find(
    ({ spec, status }) => status.phase === "Promoted" && spec.to.hash === liveHash && spec.from.hash !== liveHash,
  );
  return brought?.spec.from;
}

/** An undo that has brought users back to the version before. */
export function isUndone({ spec, status }: EndedRun): boolean {
  return spec.reason === "Undo" && status.phase === "Promoted";
}

/** The template that a run which has ended keeps out, until it changes or somebody says retry. */
export function refusedHash(run: EndedRun): string {
  return isUndone(run) ? run.spec.from.hash : run.spec.to.hash;
}
