import { FIELD_MANAGER } from "../api/metadata.ts";
import { isAlreadyExists } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { deployments } from "../kube/resources.ts";
import { twinDeployment } from "../workload/twin.ts";
import type { Context } from "./context.ts";
import { templateOf } from "./observe.ts";

export interface WantedTwin {
  rollout: { name: string; uid: string };
  /** Name of the twin, which is that of the run that it was first made for. */
  name: string;
  /** Name of the PodTemplate that it runs. */
  revision: string;
  replicas: number;
}

/** Makes the twin beside the user's Deployment `own`; false while its revision cannot be read. One that is there already is left as it is. */
export async function makeTwin(context: Context, own: KubeObject, wanted: WantedTwin): Promise<boolean> {
  const template = templateOf(context.caches, own.metadata.namespace ?? "", wanted.revision);
  if (template === undefined) return false;
  const { rollout, name: runName, replicas } = wanted;
  const twin = twinDeployment({ rollout, runName, own, template, replicas });
  try {
    await context.api.create(deployments, twin, { fieldManager: FIELD_MANAGER });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  return true;
}

/** The same for a twin that carries users; the log says so. */
export async function makeTwinAgain(context: Context, own: KubeObject, wanted: WantedTwin): Promise<boolean> {
  const made = await makeTwin(context, own, wanted);
  if (made)
    context.log.warn(
      { namespace: own.metadata.namespace, twin: wanted.name },
      "the pods that users are on were taken away: they are made again",
    );
  return made;
}
