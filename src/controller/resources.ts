import { GROUP, VERSION } from "../api/metadata.ts";
import type { KubeApi, KubeObject, Resource } from "../kube/port.ts";

export const rollouts: Resource = {
  group: GROUP,
  version: VERSION,
  plural: "rollouts",
  kind: "Rollout",
  namespaced: true,
};

/** Whether this stands for a Rollout that is not in the cluster any more: nothing is written to it, nor told about it. */
export function isGone(rollout: KubeObject): boolean {
  return rollout.metadata.resourceVersion === undefined;
}

export const rolloutRuns: Resource = {
  group: GROUP,
  version: VERSION,
  plural: "rolloutruns",
  kind: "RolloutRun",
  namespaced: true,
};

export const rolloutPolicies: Resource = { ...rollouts, plural: "rolloutpolicies", kind: "RolloutPolicy" };
export const clusterRolloutPolicies: Resource = {
  ...rollouts,
  plural: "clusterrolloutpolicies",
  kind: "ClusterRolloutPolicy",
  namespaced: false,
};

const ISTIO = "networking.istio.io";

export interface IstioResources {
  apiVersion: string;
  virtualServices: Resource;
  destinationRules: Resource;
}

/** KEDA's ScaledObject; undefined when KEDA is not installed. */
export async function discoverKeda(api: KubeApi): Promise<Resource | undefined> {
  const served = await api.discover("keda.sh");
  return served.find(({ kind, version }) => kind === "ScaledObject" && version === "v1alpha1");
}

/** Istio's kinds in the version that the cluster serves: v1, else v1beta1 (Istio before 1.22); undefined when Istio is not installed. */
export async function discoverIstio(api: KubeApi): Promise<IstioResources | undefined> {
  const served = await api.discover(ISTIO);
  const of = (kind: string, version: string) =>
    served.find((resource) => resource.kind === kind && resource.version === version);
  for (const version of ["v1", "v1beta1"]) {
    const virtualServices = of("VirtualService", version);
    const destinationRules = of("DestinationRule", version);
    if (virtualServices !== undefined && destinationRules !== undefined) {
      return { apiVersion: `${ISTIO}/${version}`, virtualServices, destinationRules };
    }
  }
  return undefined;
}
