import type { RolloutStatus } from "../api/run.ts";
import type { ReadRun } from "../controller/observe.ts";
import { readRolloutStatus } from "../controller/read.ts";
import { templateIn } from "../controller/template-in.ts";
import { isNotFound } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { deployments } from "../kube/resources.ts";
import { templateHash } from "../workload/canonical.ts";
import { findRollout, listRuns, type Where } from "./find-rollout.ts";

/** All that a person needs to see of a release, as it was read at one time. */
export interface Release {
  name: string;
  namespace: string;
  rollout: RolloutStatus;
  /** The newest, ended or not. */
  run: ReadRun | undefined;
  runs: readonly ReadRun[];
  /** Name of the Deployment. */
  workload: string;
  /** Digest of the Deployment's pod template. */
  templateHash: string | undefined;
  own: KubeObject | undefined;
}

/** Reads the Deployment first, then its runs, then the Rollout: a template that is read is never newer than what is said of it. */
export async function lookAtRelease(where: Where, name: string): Promise<Release> {
  const object = await findRollout(where, name);
  const workload = (object["spec"] as { workload?: { name?: string } } | undefined)?.workload?.name ?? name;
  const own = await deployment(where, workload);
  const { runs } = await listRuns(where, name);
  // The run of the template may have ended since the Rollout was read.
  const rollout = readRolloutStatus(await findRollout(where, name));
  return {
    name,
    namespace: where.namespace,
    rollout,
    run: runs[0],
    runs,
    workload,
    own,
    templateHash: own === undefined ? undefined : templateHash(templateIn(own)),
  };
}

/** A Deployment, or undefined when there is none. */
export async function deployment({ api, namespace }: Where, name: string): Promise<KubeObject | undefined> {
  try {
    return await api.get(deployments, { namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
