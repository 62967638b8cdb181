import type { Pod, Service } from "./types.ts";

/** Istio's labels for the receiving side of a request, as a pod's own sidecar would report them. */
export type DestinationLabels = Record<string, string>;

/** The owning workload: a ReplicaSet's name without the hash is its Deployment's, which is how Istio's injector does it too. */
export function workloadOf(pod: Pod): string {
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (owner === undefined) return pod.metadata.name;
  const hash = pod.metadata.labels?.["pod-template-hash"];
  const suffix = `-${hash}`;
  if (owner.kind === "ReplicaSet" && hash !== undefined && owner.name.endsWith(suffix)) {
    return owner.name.slice(0, -suffix.length);
  }
  return owner.name;
}

/** The services of the pod's namespace that select it, by name. */
export function servicesOf(pod: Pod, services: Iterable<Service>): string[] {
  const labels = pod.metadata.labels ?? {};
  const names: string[] = [];
  for (const { metadata, spec } of services) {
    const selector = Object.entries(spec.selector ?? {});
    if (metadata.namespace !== pod.metadata.namespace || selector.length === 0) continue;
    if (selector.every(([key, value]) => labels[key] === value)) names.push(metadata.name);
  }
  return names.sort();
}

/**
 * Which of the pod's services a request was for: the one that the Host header names, else the first. An ingress host names none,
 * and Istio reports the service behind it then.
 */
export function serviceFor(host: string | undefined, names: readonly string[]): string | undefined {
  const asked = host?.split(":")[0]?.split(".")[0];
  return names.find((name) => name === asked) ?? names[0];
}

/** What is the same for all requests to a pod. */
export function workloadLabels(pod: Pod): DestinationLabels {
  const labels = pod.metadata.labels ?? {};
  const workload = workloadOf(pod);
  const unknown = "unknown";
  return {
    reporter: "destination",
    source_workload: unknown,
    source_workload_namespace: unknown,
    source_principal: unknown,
    source_app: unknown,
    source_version: unknown,
    source_cluster: unknown,
    source_canonical_service: unknown,
    source_canonical_revision: "latest",
    destination_workload: workload,
    destination_workload_namespace: pod.metadata.namespace ?? "",
    destination_principal: unknown,
    destination_app: labels.app ?? unknown,
    destination_version: labels.version ?? unknown,
    destination_cluster: "Kubernetes",
    destination_canonical_service:
      labels["service.istio.io/canonical-name"] ?? labels["app.kubernetes.io/name"] ?? labels.app ?? workload,
    destination_canonical_revision:
      labels["service.istio.io/canonical-revision"] ??
      labels["app.kubernetes.io/version"] ??
      labels.version ??
      "latest",
    request_protocol: "http",
    response_flags: "-",
    connection_security_policy: "none",
  };
}

/** What names the service that was asked for. */
export function serviceLabels(service: string | undefined, namespace: string): DestinationLabels {
  return {
    destination_service: service === undefined ? "unknown" : `${service}.${namespace}.svc.cluster.local`,
    destination_service_name: service ?? "unknown",
    destination_service_namespace: namespace,
  };
}

/**
 * Who called, as a sidecar would know it: the mesh's proxies by their certificate, everybody else not at all. There are no
 * certificates here; what came through an Envoy carries a header of its own.
 */
export function callerLabels(headers: Readonly<Record<string, unknown>>): DestinationLabels {
  const meshed = Object.keys(headers).some((name) => name.startsWith("x-envoy-"));
  return meshed
    ? { source_workload: "edge", source_workload_namespace: "istio-ingress", connection_security_policy: "mutual_tls" }
    : {};
}
