import type { Phase } from "../../../src/api/phase.ts";
import type { House } from "../../../src/controller/fixture.test-helper.ts";
import { readRun } from "../../../src/controller/read.ts";
import type { KubeObject } from "../../../src/kube/port.ts";

/** The objects of one moment, as the API server has them. */
export interface Moment {
  rollout: KubeObject;
  run: KubeObject;
  deployment: KubeObject;
}

export interface Watched {
  /** What stood there in each phase of the newest run, once the Rollout told of it. */
  seen: Map<Phase, Moment>;
  /** Goes on until `done`, and looks at every write of the Rollout on the way. */
  until(what: string, done: () => boolean, limitMs?: number): Promise<void>;
}

/**
 * Keeps the objects of every phase that a house comes through. A pass writes the run first and the Rollout after it, where that has
 * something new to say: so the last of what either write left counts.
 */
export function watchPhases(house: House): Watched {
  const seen = new Map<Phase, Moment>();
  let last: string | undefined;
  const look = () => {
    const rollout = house.object("rollouts.sluice.dev");
    const version = `${rollout?.metadata.resourceVersion} ${house.phase()}`;
    if (rollout === undefined || version === last) return;
    last = version;
    const name = house.run()?.name;
    const run = name === undefined ? undefined : house.object("rolloutruns.sluice.dev", name);
    const deployment = house.object("deployments.apps");
    const phase = run === undefined ? undefined : readRun(run)?.status.phase;
    if (run === undefined || deployment === undefined || phase === undefined) return;
    seen.set(phase, structuredClone({ rollout, run, deployment }));
  };
  return {
    seen,
    until: (what, done, limitMs) =>
      house.until(
        what,
        () => {
          look();
          return done();
        },
        limitMs,
      ),
  };
}
