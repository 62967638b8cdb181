import type { KubeObject, OwnerReference } from "../kube/port.ts";
import type { ApiServer, Request } from "./api-server.ts";
import type { Kind, Kinds } from "./kinds.ts";
import type { Random } from "./random.ts";
import type { Store } from "./store.ts";
import type { Timeline } from "./timeline.ts";

/** What the controllers inside the simulated cluster share. */
export interface Cluster {
  store: Store;
  server: ApiServer;
  kinds: Kinds;
  timeline: Timeline;
  random: Random;
}

/** A write by the cluster's own controllers. */
export const bySystem: Request = { user: "system:kube-controller-manager", manager: null };
export const statusBySystem: Request = { ...bySystem, subresource: "status" };

/** @throws TypeError for a resource that every cluster serves and this one does not: a bug */
export function builtIn(cluster: Cluster, name: string): Kind {
  const kind = cluster.kinds.byName(name);
  if (!kind) throw new TypeError(`${name} is not served`);
  return kind;
}

/** The reference that makes `owner` the controller of something. */
export function controllerReference(owner: KubeObject): OwnerReference {
  const { name, uid = "" } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}
