import type { Phase } from "../../src/api/phase.ts";
import type { Log } from "../../src/kube/log.ts";
import { startAutoscaler } from "./autoscaler.ts";
import { watchEnding } from "./ending.ts";
import { watchObjects } from "./object-oracle.ts";
import { gitOf, perform } from "./perform.ts";
import { watchPolicies } from "./policies.ts";
import { watchRecords } from "./record-oracle.ts";
import { followDeleted } from "./remake.ts";
import { followRuns } from "./runs.ts";
import type { Schedule } from "./schedule.ts";
import { openStage, type Stage } from "./stage.ts";
import { watchSize } from "./size-oracle.ts";
import { watchSubsets } from "./subset-oracle.ts";
import { watchTraffic } from "./traffic-oracle.ts";
import { createVerdicts } from "./verdicts.ts";

const ADOPTION_MS = 60_000;
/** For so long what goes wrong goes on, after the last action. */
const AFTERMATH_MS = 6_000;

export interface Played {
  /** A sentence for each way in which a promise was broken. */
  broken: readonly string[];
  /** Every state that a run was in. */
  states: ReadonlySet<Phase>;
}

/** Plays a schedule against the real controller in a simulated cluster. */
export async function play(schedule: Schedule, log?: Log, onStage: (stage: Stage) => void = () => {}): Promise<Played> {
  const stage = await openStage(schedule.setting, log);
  const { house, terms } = stage;
  const git = gitOf(house);
  const runs = followRuns(house.sim);
  const states = new Set<Phase>();
  runs.onWrite(({ status }) => void states.add(status.phase));
  terms.start();
  for (let leftMs = ADOPTION_MS; house.rolloutStatus().phase !== "Healthy"; leftMs -= 100) {
    if (leftMs <= 0) throw new Error(`the Deployment is not adopted: ${house.rolloutStatus().message}`);
    await stage.advance(100);
  }
  const verdicts = createVerdicts(() => house.clock.monotonic());
  watchTraffic(stage, runs, verdicts);
  watchObjects(stage, runs, verdicts);
  watchSubsets(stage, runs, verdicts);
  watchRecords(runs, verdicts);
  watchPolicies(stage, runs, verdicts);
  if (schedule.setting.autoscaler === "acting") {
    startAutoscaler(stage);
    watchSize(stage, runs, verdicts);
  }
  followDeleted(stage);
  onStage(stage);
  for (const { waitMs, action } of schedule.actions) {
    await stage.advance(waitMs);
    await perform(stage, git, action);
  }
  await stage.advance(AFTERMATH_MS);
  await watchEnding(stage, git, runs, verdicts);
  terms.stop();
  return { broken: verdicts.all(), states };
}
