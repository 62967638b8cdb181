import type { RolloutSpec } from "../api/rollout.ts";
import type { RolloutStatus } from "../api/run.ts";
import { FIELD_MANAGER } from "../api/metadata.ts";
import { isAlreadyExists } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { deployments } from "../kube/resources.ts";
import { specReplicas } from "../workload/fields.ts";
import { scalePatch, twinDeployment, twinPodLabels } from "../workload/twin.ts";
import { arrangeTraffic } from "./act-traffic.ts";
import { patchOwn } from "./patch-own.ts";
import type { Context } from "./context.ts";
import { templateOf, type ReadRun } from "./observe.ts";
import { routingAtRest } from "./routing-at-rest.ts";
import { mendTwin } from "./twin-edited.ts";

/**
 * While users rest on a twin, that twin and the subsets that lead to it are all that serves them: what somebody takes away of
 * these is made again. Gives true when something was written.
 */
export async function guardTwin(
  context: Context,
  rollout: KubeObject,
  spec: RolloutSpec,
  own: KubeObject,
  live: RolloutStatus["live"],
  newest: ReadRun | undefined,
): Promise<boolean> {
  if (live?.track !== "twin") return false;
  const { namespace = "", name } = rollout.metadata;
  const { caches, ownWrites } = context;
  const ref = { namespace, name: live.workload };
  if (ownWrites.isStaleIn(caches.deployments, ref)) return false;
  const twin = caches.deployments.get(namespace, live.workload);
  if (twin === undefined) return makeTwin(context, rollout, own, live);
  if (await mendTwin(context, rollout, twin, live.revision, newest)) return true;
  const size = Math.max(1, specReplicas(own));
  if (specReplicas(twin) < size && (await patchOwn(context, twin, scalePatch(twin, size)))) return true;
  const found = routingAtRest(context, namespace, spec, own);
  if (found === undefined) return false;
  const labels = twinPodLabels(name, live.workload);
  const wished = { labels: { stable: labels, canary: labels } };
  const wrote = await arrangeTraffic(context, namespace, found.pinned, undefined, found.objects, wished);
  if (wrote.labels) context.telemetry.corrected({ namespace, rollout: name, field: "labels" });
  return wrote.labels;
}

async function makeTwin(
  context: Context,
  rollout: KubeObject,
  own: KubeObject,
  live: NonNullable<RolloutStatus["live"]>,
): Promise<boolean> {
  const { namespace = "", name, uid = "" } = rollout.metadata;
  const template = templateOf(context.caches, namespace, live.revision);
  if (template === undefined) return false;
  const replicas = Math.max(1, specReplicas(own));
  const twin = twinDeployment({ rollout: { name, uid }, runName: live.workload, own, template, replicas });
  context.log.warn(
    { namespace, twin: live.workload },
    "the pods that users are on were taken away: they are made again",
  );
  try {
    await context.api.create(deployments, twin, { fieldManager: FIELD_MANAGER });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  return true;
}
