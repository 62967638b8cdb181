import { LABEL_RUN } from "../api/metadata.ts";
import type { RolloutSpec } from "../api/rollout.ts";
import { isFinal } from "../api/phase.ts";
import type { Pinned, RolloutStatus } from "../api/run.ts";
import { durationMs } from "../api/units.ts";
import type { KubeObject } from "../kube/port.ts";
import { objectKey } from "../kube/resources.ts";
import { readRouting } from "../traffic/istio.ts";
import type { Labels } from "../traffic/types.ts";
import { POD_TEMPLATE_HASH } from "../workload/canonical.ts";
import { removeTwins } from "./act-twins.ts";
import { arrangeTraffic, lowerWeight } from "./act-traffic.ts";
import { BY_ROLLOUT, BY_RUN } from "./caches.ts";
import type { Context } from "./context.ts";
import { readRun } from "./read.ts";
import { selectorOf } from "./routing-objects.ts";
import { routingAtRest } from "./routing-at-rest.ts";

/**
 * What a run left behind that is gone without having ended (its object was deleted by force): users are taken off its candidate,
 * its twin removed, and the subsets widened to what the Service selects, so that nothing at rest can go stale (invariant 6).
 * Gives true when something was written, or is waited for.
 */
export async function tidy(
  context: Context,
  rollout: KubeObject,
  spec: RolloutSpec,
  own: KubeObject,
  live: RolloutStatus["live"],
): Promise<boolean> {
  if (live?.track !== "own") return false;
  const { namespace = "" } = rollout.metadata;
  const { caches } = context;
  const found = routingAtRest(context, namespace, spec, own);
  if (found === undefined) return false;
  const { pinned, objects } = found;
  const routing = readRouting(pinned, objects);
  const orphans = caches.deployments
    .byIndex(BY_ROLLOUT, objectKey(rollout.metadata))
    .filter((twin) => twin.metadata.name !== live.workload);
  const narrowed = isOurs(routing.stable) || isOurs(routing.canary);
  if (orphans.length === 0 && (!narrowed || isSharedWithRun(context, pinned))) return false;
  if (routing.maxWeight > 0) return lowerWeight(context, namespace, pinned, objects, { atMost: 0, withdraw: false });
  const widen = async () => {
    context.log.warn(
      { rollout: rollout.metadata.name },
      "a run is gone that never ended: its subsets are widened again",
    );
    const labels = selectorOf(caches, namespace, pinned.service.name);
    const wished = { labels: { stable: labels, canary: labels } };
    return (await arrangeTraffic(context, namespace, pinned, undefined, objects, wished)).labels;
  };
  // After the swap users are on the twin: they are let back to the Service's own pods before it goes.
  if (routing.stable !== undefined && LABEL_RUN in routing.stable) return widen();
  const settled = context.settle.forMs(
    `${objectKey(rollout.metadata)} tidy`,
    JSON.stringify(routing.stable ?? null),
    context.clock.monotonic(),
  );
  // Not yet known to every proxy: looked at again in a moment.
  if (orphans.length > 0 && settled < durationMs(spec.traffic.settle)) return true;
  if (await removeTwins(context, orphans)) return true;
  const pods = orphans.flatMap((twin) => caches.pods.byIndex(BY_RUN, objectKey(twin.metadata)));
  if (!narrowed || pods.length > 0 || orphans.length > 0) return false;
  return widen();
}

/** Another Rollout's run works with the same rule: what is found there is its doing. */
function isSharedWithRun({ caches }: Context, { istio }: Pinned): boolean {
  const { namespace, name } = istio.destinationRule;
  return caches.runs.list().some((object) => {
    const run = readRun(object);
    if (run === undefined || isFinal(run.status.phase)) return false;
    const rule = run.spec.pinned.istio.destinationRule;
    return rule.namespace === namespace && rule.name === name;
  });
}

/** Labels that only a run gives to a subset. */
function isOurs(labels: Labels | undefined): boolean {
  return labels !== undefined && (LABEL_RUN in labels || POD_TEMPLATE_HASH in labels);
}
