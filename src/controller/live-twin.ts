import type { RolloutSpec } from "../api/rollout.ts";
import type { RolloutStatus } from "../api/run.ts";
import { durationMs } from "../api/units.ts";
import type { KubeObject } from "../kube/port.ts";
import { objectKey } from "../kube/resources.ts";
import { specReplicas } from "../workload/fields.ts";
import { readRouting } from "../traffic/istio.ts";
import { canonicalJson } from "../workload/canonical.ts";
import { scalePatch, twinPodLabels } from "../workload/twin.ts";
import { arrangeTraffic } from "./act-traffic.ts";
import { removeTwins } from "./act-twins.ts";
import { BY_ROLLOUT } from "./caches.ts";
import { patchOwn } from "./patch-own.ts";
import type { Context } from "./context.ts";
import { makeTwinAgain } from "./make-twin.ts";
import type { ReadRun } from "./observe.ts";
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
  const { namespace = "", name, uid = "" } = rollout.metadata;
  const { caches, ownWrites } = context;
  const ref = { namespace, name: live.workload };
  if (ownWrites.isStaleIn(caches.deployments, ref)) return false;
  const twin = caches.deployments.get(namespace, live.workload);
  const size = Math.max(1, specReplicas(own));
  if (twin === undefined) {
    const { workload, revision } = live;
    return makeTwinAgain(context, own, { rollout: { name, uid }, name: workload, revision, replicas: size });
  }
  if (await mendTwin(context, rollout, twin, live.revision, newest)) return true;
  if (specReplicas(twin) < size && (await patchOwn(context, twin, scalePatch(twin, size)))) return true;
  const found = routingAtRest(context, namespace, spec, own);
  if (found === undefined) return false;
  const key = objectKey(rollout.metadata);
  const routing = readRouting(found.pinned, found.objects);
  // As they are, not as they should be: proxies know labels that are put right only after the settle time.
  const looks = canonicalJson([routing.stable ?? null, routing.canary ?? null]);
  const settledMs = context.settle.forMs(`${key} resting`, looks, context.clock.monotonic());
  const labels = twinPodLabels(name, live.workload);
  const wished = { labels: { stable: labels, canary: labels } };
  const wrote = await arrangeTraffic(context, namespace, found.pinned, undefined, found.objects, wished);
  if (wrote.labels) context.telemetry.corrected({ namespace, rollout: name, field: "labels" });
  if (wrote.labels) return true;
  const isSettled = settledMs >= durationMs(spec.traffic.settle);
  if (routing.form !== "split") {
    // A route without subsets leads past the twin, to pods of the version before and of any that was not vetted.
    if (!isSettled) return true;
    const split = await arrangeTraffic(context, namespace, found.pinned, undefined, found.objects, { weight: 0 });
    if (split.routes) context.telemetry.corrected({ namespace, rollout: name, field: "weight" });
    if (split.routes) return true;
  }
  return removeOthers(context, key, live.workload, isSettled);
}

/**
 * Twins of runs before the one that users rest on: it left them behind where a newer template came before it could take them away. Gives
 * true also while that has to wait for every proxy to know the labels.
 */
async function removeOthers(context: Context, key: string, workload: string, isSettled: boolean): Promise<boolean> {
  const others = context.caches.deployments
    .byIndex(BY_ROLLOUT, key)
    .filter(({ metadata }) => metadata.name !== workload);
  if (others.length === 0) return false;
  if (!isSettled) return true;
  return removeTwins(context, others);
}
