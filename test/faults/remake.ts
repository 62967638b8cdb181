import { LABEL_ROLLOUT } from "../../src/api/metadata.ts";
import { deployments } from "../../src/kube/resources.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import { shopDeployment } from "../../src/sim/shop.ts";
import { isBad, tagOf } from "./runs.ts";
import type { PropagationPolicy } from "./schedule.ts";
import { ROUTE, type Stage } from "./stage.ts";

const ref = { namespace: "shop", name: "checkout" };
const AGAIN_MS = 500;
const GOOD = "v1";

/**
 * Deletes the Deployment, as somebody who changes its selector has to, and makes it again from Git: what rolls out then is their own
 * affair, until it is adopted. Nobody ships a version so that does not work at all.
 */
export async function deleteOwn(
  stage: Stage,
  propagationPolicy: PropagationPolicy,
  againAfterMs: number,
): Promise<void> {
  const { house } = stage;
  const own = house.object("deployments.apps");
  if (own === undefined || own.metadata.deletionTimestamp !== undefined) return;
  const tag = tagOf(own, "spec");
  await stage.foreign(() => house.alice.delete(deployments, ref, { propagationPolicy }), "pods");
  stage.later(againAfterMs, () => make(stage, isBad(tag) ? GOOD : tag));
}

function make(stage: Stage, tag: string): void {
  const { house } = stage;
  if (house.object("deployments.apps") !== undefined) return stage.later(AGAIN_MS, () => make(stage, tag));
  void stage.foreign(
    () =>
      house.alice.create(
        deployments,
        shopDeployment(ref.name, { image: `shop/checkout:${tag}`, deployment: { progressDeadlineSeconds: 20 } }),
      ),
    "pods",
  );
}

/** Not adopted yet, and not there with all its pods: a version that does not work would be all that there is. */
export function isNew(own: KubeObject | undefined): boolean {
  const { replicas } = (own?.["spec"] ?? {}) as { replicas?: number };
  return own?.metadata.annotations?.[LABEL_ROLLOUT] === undefined && availableOf(own) < (replicas ?? 1);
}

/**
 * Without a Deployment, or with none of its pods yet, users are failed by whoever deleted it; without the route they meet whatever the
 * Service selects, by the doing of whoever deleted that.
 */
export function followDeleted(stage: Stage): void {
  stage.onSlice(() => {
    if (stage.house.object(ROUTE) === undefined) stage.harm("routing");
    if (!serves(stage.house.object("deployments.apps"))) stage.harm("pods");
  });
}

function serves(own: KubeObject | undefined): boolean {
  return own?.metadata.deletionTimestamp === undefined && availableOf(own) > 0;
}

function availableOf(own: KubeObject | undefined): number {
  return ((own?.["status"] ?? {}) as { availableReplicas?: number }).availableReplicas ?? 0;
}
