import type { KubeObject } from "../kube/port.ts";
import type { PodTemplate } from "../workload/types.ts";

/** The pod template in a Deployment or ReplicaSet. */
export function templateIn(object: KubeObject): PodTemplate {
  return (object["spec"] as { template?: PodTemplate } | undefined)?.template ?? {};
}
