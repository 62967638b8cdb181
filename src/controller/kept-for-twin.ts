import type { ReadRun } from "./observe.ts";

/**
 * Names of the ended runs that are still needed while users are on a twin: the newest one, the one whose twin that is, and those by
 * which users came there. They alone know the routes as they were found, and which of the Deployment's own pods were vetted, and
 * keep their finalizer: a deletion of the Rollout in the foreground would take them away before the users. Empty otherwise.
 * `runs` newest first.
 */
export function keptForTwin(runs: readonly ReadRun[]): ReadonlySet<string> {
  const kept = new Set<string>();
  const [newest] = runs;
  if (newest?.status.liveOnTwin !== true) return kept;
  kept.add(newest.name);
  const { phase } = newest.status;
  let twin: string | undefined = phase === "Promoted" ? newest.spec.to.workload : newest.spec.from.workload;
  while (twin !== undefined) {
    const name: string = twin;
    kept.add(name);
    const from = runs.find((run) => run.name === name)?.spec.from;
    twin = from?.track === "twin" && !kept.has(from.workload) ? from.workload : undefined;
  }
  return kept;
}
