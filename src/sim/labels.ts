import { controllerOf } from "./cluster.ts";
import type { Labels } from "./counters.ts";
import { HASH_LABEL } from "./deployment-controller.ts";
import { serviceOf } from "./hosts.ts";
import type { Pod } from "./workload-types.ts";

/** Labels of Istio's standard metrics. Source: https://istio.io/latest/docs/reference/config/metrics/ */

const UNKNOWN = "unknown";

/** The Deployment behind a pod: its ReplicaSet's name without the hash, which is how Istio's injector finds it too. */
export function workloadOf(pod: Pod): string {
  const owner = controllerOf(pod);
  const suffix = `-${pod.metadata.labels?.[HASH_LABEL] ?? ""}`;
  if (!owner) return pod.metadata.name;
  return owner.name.endsWith(suffix) ? owner.name.slice(0, -suffix.length) : owner.name;
}

function destinationLabels(host: string, pod: Pod | undefined): Labels {
  const labels = pod?.metadata.labels ?? {};
  const service = serviceOf(host);
  const workload = pod ? workloadOf(pod) : UNKNOWN;
  return {
    destination_service: host,
    destination_service_name: service?.name ?? host,
    destination_service_namespace: service?.namespace ?? UNKNOWN,
    destination_workload: workload,
    destination_workload_namespace: pod?.metadata.namespace ?? UNKNOWN,
    destination_app: labels["app"] ?? UNKNOWN,
    destination_version: labels["version"] ?? UNKNOWN,
    destination_principal: UNKNOWN,
    destination_cluster: pod ? "Kubernetes" : UNKNOWN,
    destination_canonical_service: labels["app"] ?? workload,
    destination_canonical_revision: labels["version"] ?? "latest",
    request_protocol: "http",
    connection_security_policy: pod ? "mutual_tls" : UNKNOWN,
  };
}

/** What the pod's own sidecar says of requests to it. */
export function destinationSide(host: string, pod: Pod, source: string, code: number): Labels {
  return {
    ...destinationLabels(host, pod),
    reporter: "destination",
    source_workload: source,
    source_workload_namespace: "clients",
    response_code: String(code),
    response_flags: "-",
    job: "istio-proxies",
    instance: `${pod.status?.podIP ?? ""}:15020`,
    namespace: pod.metadata.namespace ?? "",
    pod: pod.metadata.name,
  };
}

/** What the caller's sidecar or gateway says; no pod: the request reached none. */
export function sourceSide(host: string, pod: Pod | undefined, source: string, code: number, flags: string): Labels {
  return {
    ...destinationLabels(host, pod),
    reporter: "source",
    source_workload: source,
    source_workload_namespace: "clients",
    response_code: String(code),
    response_flags: flags,
    job: "istio-proxies",
    instance: "10.244.0.11:15020",
    namespace: "clients",
    pod: `${source}-0`,
  };
}

/** The same from a stock Envoy without Istio's filter: it knows the subset it sent to, and no workload. */
export function envoySide(host: string, subset: string | undefined, source: string, code: number): Labels {
  return {
    reporter: "source",
    destination_service: host,
    ...(subset === undefined ? {} : { destination_version: subset }),
    response_code: String(code),
    job: "envoy",
    instance: `${source}:15090`,
  };
}
