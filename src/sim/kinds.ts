import { GROUP, VERSION } from "../api/metadata.ts";
import type { KubeObject, Resource } from "../kube/port.ts";
import * as known from "../kube/resources.ts";
import { at, items } from "./json.ts";

/** How the server treats one resource, whichever version it is asked for in. */
export interface Kind {
  /** As "deployments.apps". */
  name: string;
  /** In the order of preference; objects are stored once and shown in the version that was asked for. */
  versions: Resource[];
  /** Status is written through its own subresource only. */
  statusSubresource: boolean;
  scaleSubresource: boolean;
  /** metadata.generation counts changes of everything but metadata and status. */
  generation: boolean;
  /** A PUT without resourceVersion is taken. Never so for custom resources. */
  unconditionalUpdate: boolean;
}

export interface Kinds {
  of(resource: Resource): Kind | undefined;
  byName(name: string): Kind | undefined;
  all(): Iterable<Kind>;
  /** Everything that a group serves, the preferred version first. */
  inGroup(group: string): Resource[];
  add(kind: Kind): void;
  /** Serves what a CustomResourceDefinition says, unless it is served already. */
  addDefinition(definition: KubeObject): void;
}

function kindOf(versions: Resource[], options: Partial<Kind> = {}): Kind {
  const [preferred] = versions;
  if (!preferred) throw new TypeError("Expected at least one version of a resource, got none");
  return {
    name: known.resourceName(preferred),
    versions,
    statusSubresource: false,
    scaleSubresource: false,
    generation: false,
    unconditionalUpdate: true,
    ...options,
  };
}

function custom(
  group: string,
  versions: readonly string[],
  kind: string,
  plural: string,
  { statusSubresource = true, namespaced = true } = {},
): Kind {
  const resources = versions.map((version) => ({ group, version, kind, plural, namespaced }));
  return kindOf(resources, { statusSubresource, generation: true, unconditionalUpdate: false });
}

const counted = { statusSubresource: true, generation: true } as const;

function builtIns(): Kind[] {
  return [
    kindOf([known.pods], { statusSubresource: true }),
    kindOf([known.services], { statusSubresource: true }),
    kindOf([known.namespaces], { statusSubresource: true }),
    kindOf([known.nodes], { statusSubresource: true }),
    kindOf([known.resourceQuotas], { statusSubresource: true }),
    kindOf([known.configMaps]),
    kindOf([known.secrets]),
    kindOf([known.podTemplates]),
    kindOf([known.limitRanges]),
    kindOf([known.events]),
    kindOf([known.deployments], { ...counted, scaleSubresource: true }),
    kindOf([known.replicaSets], { ...counted, scaleSubresource: true }),
    kindOf([known.leases], { unconditionalUpdate: false }),
    kindOf([known.endpointSlices], { generation: true }),
    kindOf([known.horizontalPodAutoscalers], { statusSubresource: true }),
    kindOf([known.podDisruptionBudgets], counted),
    kindOf([known.selfSubjectAccessReviews]),
    kindOf([known.customResourceDefinitions], { ...counted, unconditionalUpdate: false }),
  ];
}

const istioVersions = ["v1", "v1beta1", "v1alpha3"];

/**
 * What a cluster with Istio and Sluice's CRDs serves. `policies`: it also serves MutatingAdmissionPolicy. `rolloutPolicies`: false for
 * the CRDs of an older version, without RolloutPolicy and ClusterRolloutPolicy.
 */
export function createKinds(options: {
  policies: boolean;
  istioVersions?: readonly string[];
  rolloutPolicies?: boolean;
}): Kinds {
  const kinds = new Map<string, Kind>();
  const add = (kind: Kind) => void kinds.set(kind.name, kind);
  for (const kind of builtIns()) add(kind);
  if (options.policies) {
    add(kindOf([known.mutatingAdmissionPolicies], { generation: true }));
    add(kindOf([known.mutatingAdmissionPolicyBindings], { generation: true }));
  }
  const versions = options.istioVersions ?? istioVersions;
  for (const kind of ["VirtualService", "DestinationRule", "Gateway"]) {
    add(custom("networking.istio.io", versions, kind, `${kind.toLowerCase()}s`));
  }
  add(custom(GROUP, [VERSION], "Rollout", "rollouts"));
  add(custom(GROUP, [VERSION], "RolloutRun", "rolloutruns"));
  if (options.rolloutPolicies ?? true) {
    const statusSubresource = false;
    add(custom(GROUP, [VERSION], "RolloutPolicy", "rolloutpolicies", { statusSubresource }));
    add(
      custom(GROUP, [VERSION], "ClusterRolloutPolicy", "clusterrolloutpolicies", {
        statusSubresource,
        namespaced: false,
      }),
    );
  }

  return {
    of: (resource) => {
      const kind = kinds.get(known.resourceName(resource));
      return kind?.versions.some(({ version }) => version === resource.version) ? kind : undefined;
    },
    byName: (name) => kinds.get(name),
    all: () => kinds.values(),
    inGroup: (group) => {
      const resources = [...kinds.values()]
        .flatMap((kind) => kind.versions)
        .filter((resource) => resource.group === group);
      const order = [...new Set(resources.map(({ version }) => version))];
      return order.flatMap((version) => resources.filter((resource) => resource.version === version));
    },
    add,
    addDefinition(definition) {
      const name = definition.metadata.name;
      if (kinds.has(name)) return;
      const text = (...path: string[]) => String(at(definition, "spec", ...path) ?? "");
      const served = items(at(definition, "spec", "versions")).filter((version) => version["served"] === true);
      const resources = served.map((version) => ({
        group: text("group"),
        version: String(version["name"]),
        kind: text("names", "kind"),
        plural: text("names", "plural"),
        namespaced: text("scope") === "Namespaced",
      }));
      if (resources.length === 0) return;
      const statusSubresource = served.some((version) => at(version, "subresources", "status") !== undefined);
      add(kindOf(resources, { statusSubresource, generation: true, unconditionalUpdate: false }));
    },
  };
}

/** "sluice.dev/v1alpha1" Rollouts and their runs, as the port names them. */
export const rollouts: Resource = {
  group: GROUP,
  version: VERSION,
  kind: "Rollout",
  plural: "rollouts",
  namespaced: true,
};
export const rolloutRuns: Resource = { ...rollouts, kind: "RolloutRun", plural: "rolloutruns" };
export const virtualServices: Resource = {
  group: "networking.istio.io",
  version: "v1",
  kind: "VirtualService",
  plural: "virtualservices",
  namespaced: true,
};
export const destinationRules: Resource = { ...virtualServices, kind: "DestinationRule", plural: "destinationrules" };
