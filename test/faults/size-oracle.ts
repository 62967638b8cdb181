import type { Phase } from "../../src/api/phase.ts";
import type { Runs } from "./runs.ts";
import { ANSWER_MS, type Stage } from "./stage.ts";
import type { Verdicts } from "./verdicts.ts";

/** Users may have to go back to the old pods in these, at once and all of them. */
const MAY_GO_BACK: readonly Phase[] = ["Scaling", "Shifting", "Observing", "Paused", "SwappingWeight", "Keeping"];

/** That an autoscaler, which sees the old pods' users leave, does not take those pods away: promise 6 of docs/safety.md. */
export function watchSize(stage: Stage, runs: Runs, verdicts: Verdicts): void {
  let smallSince: number | undefined;
  stage.onSlice(() => {
    const run = runs.active();
    const spec = stage.house.object("deployments.apps")?.["spec"] as { replicas: number } | undefined;
    const isDue =
      run?.spec.from.track === "own" &&
      run.status.asFound?.scaling !== undefined &&
      MAY_GO_BACK.includes(run.status.phase);
    if (!isDue || spec === undefined || spec.replicas >= run.spec.pinned.sizeAtStart) {
      smallSince = undefined;
      return;
    }
    smallSince ??= stage.health.mark();
    if (stage.health.sinceMs(smallSince) > ANSWER_MS)
      verdicts.broken(
        "I6",
        `in ${run.status.phase} the old version is left with ${spec.replicas} of ${run.spec.pinned.sizeAtStart} pods`,
      );
  });
}
