import type { KubeObject, Resource } from "./port.ts";

function resource(group: string, version: string, kind: string, plural: string, namespaced = true): Resource {
  return Object.freeze({ group, version, kind, plural, namespaced });
}

export const pods = resource("", "v1", "Pod", "pods");
export const services = resource("", "v1", "Service", "services");
export const namespaces = resource("", "v1", "Namespace", "namespaces", false);
export const nodes = resource("", "v1", "Node", "nodes", false);
export const configMaps = resource("", "v1", "ConfigMap", "configmaps");
export const secrets = resource("", "v1", "Secret", "secrets");
export const podTemplates = resource("", "v1", "PodTemplate", "podtemplates");
export const resourceQuotas = resource("", "v1", "ResourceQuota", "resourcequotas");
export const limitRanges = resource("", "v1", "LimitRange", "limitranges");
export const events = resource("events.k8s.io", "v1", "Event", "events");
export const deployments = resource("apps", "v1", "Deployment", "deployments");
export const replicaSets = resource("apps", "v1", "ReplicaSet", "replicasets");
export const leases = resource("coordination.k8s.io", "v1", "Lease", "leases");
export const endpointSlices = resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices");
export const horizontalPodAutoscalers = resource(
  "autoscaling",
  "v2",
  "HorizontalPodAutoscaler",
  "horizontalpodautoscalers",
);
export const podDisruptionBudgets = resource("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets");
export const selfSubjectAccessReviews = resource(
  "authorization.k8s.io",
  "v1",
  "SelfSubjectAccessReview",
  "selfsubjectaccessreviews",
  false,
);
export const customResourceDefinitions = resource(
  "apiextensions.k8s.io",
  "v1",
  "CustomResourceDefinition",
  "customresourcedefinitions",
  false,
);
export const mutatingAdmissionPolicies = resource(
  "admissionregistration.k8s.io",
  "v1",
  "MutatingAdmissionPolicy",
  "mutatingadmissionpolicies",
  false,
);
export const mutatingAdmissionPolicyBindings = resource(
  "admissionregistration.k8s.io",
  "v1",
  "MutatingAdmissionPolicyBinding",
  "mutatingadmissionpolicybindings",
  false,
);

/** "apps/v1"; "v1" for core. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** One kind whatever the version, as one writes it in RBAC and metrics: "deployments.apps", "pods". */
export function resourceName(resource: Resource): string {
  return resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** "namespace/name"; "name" for what has no namespace. */
export function objectKey(ref: { namespace?: string | undefined; name: string }): string {
  return ref.namespace === undefined || ref.namespace === "" ? ref.name : `${ref.namespace}/${ref.name}`;
}

/** The same from an object. */
export function keyOf(object: Pick<KubeObject, "metadata">): string {
  return objectKey(object.metadata);
}
