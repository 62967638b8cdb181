import type { Origins } from "../api/policy/origins.ts";
import type { RolloutSpec } from "../api/rollout.ts";
import type { KubeObject } from "../kube/port.ts";

export type Severity = "fail" | "warn";

/** Where in an object something stands. */
export interface Place {
  kind: string;
  /** "shop/checkout". */
  key: string;
  /** "spec.http[0].retries". */
  path: string;
}

export interface Finding {
  /** The check's id, "route-exists". */
  id: string;
  severity: Severity;
  /** What is wrong: object, field and value. */
  message: string;
  /** Why it matters to users. */
  reason: string;
  /** What to do, with the YAML to add where there is one. */
  remedy: string;
  /** Where it stands, when that is one place: for lint, which shows the line. */
  place?: Place;
}

/** What is said of a check wherever it is told of. */
export interface CheckHead {
  id: string;
  number: number;
  /** What holds when the check passes, one sentence. */
  title: string;
  /** The worst that it can say. */
  severity: Severity;
  reason: string;
  remedy: string;
}

export interface Check extends CheckHead {
  run(world: CheckWorld): Finding[];
}

/** A check that one object answers by itself. */
export interface ObjectCheck extends CheckHead {
  run(object: KubeObject): Finding[];
}

/** A Rollout, its spec with all defaults filled in. */
export interface RolloutFacts {
  name: string;
  namespace: string;
  uid: string;
  /** RFC 3339, as the API server writes it. */
  creationTimestamp: string;
  spec: RolloutSpec;
  /** Who states what of it; left out where that is not known. */
  origins?: Origins;
  /** FQDN of the Service, "checkout.shop.svc.cluster.local". */
  serviceHost: string;
}

export interface PodFacts {
  name: string;
  labels: Readonly<Record<string, string>>;
  ready: boolean;
}

/** The answer to one SelfSubjectAccessReview; no namespace means all of them. */
export interface AccessFacts {
  verb: string;
  group: string;
  resource: string;
  namespace?: string;
  allowed: boolean;
}

/** What the API server said to a weight that was only tried (`dryRun=All`). */
export interface DryRunFacts {
  /** "VirtualService shop/checkout". */
  object: string;
  /** Percent. */
  weight: number;
  error?: string;
}

export type MetricsFacts =
  | {
      kind: "samples";
      /** Series of `istio_requests_total` whose `destination_workload` is the live workload. */
      stableSeries: number;
      /** Requests that they counted over the window that was asked for. */
      requests: number;
    }
  | { kind: "error"; message: string };

export interface CallerFacts {
  /** Who called, as well as the mesh knows: "web/frontend", or "unknown". */
  source: string;
  /** Requests in the last hour. */
  requests: number;
}

/**
 * Everything that the checks look at, gathered before: a check asks nothing itself. An optional member that is absent could not be
 * read, or was not tried; a check then warns instead of pretending. What is not installed (no Gateway API) is an empty list.
 */
export interface CheckWorld {
  rollout: RolloutFacts;
  /** Every Rollout that can be seen; may contain `rollout` itself. */
  rollouts: readonly RolloutFacts[];
  /** The name that the candidate's Deployment would get. */
  twinName: string;
  /** The user's own Deployment. */
  workload?: KubeObject;
  /** The Deployment that users are on, when that is the twin of an earlier run (LiveOnTwin). */
  liveTwin?: KubeObject;
  /** From here to the volume claims: in the Rollout's namespace. */
  deployments: readonly KubeObject[];
  replicaSets: readonly KubeObject[];
  services: readonly KubeObject[];
  /** The pods that the Service selects. */
  pods: readonly PodFacts[];
  resourceQuotas?: readonly KubeObject[];
  limitRanges?: readonly KubeObject[];
  persistentVolumeClaims?: readonly KubeObject[];
  /** HorizontalPodAutoscalers. */
  autoscalers?: readonly KubeObject[];
  /** From here to the Ingresses: in every namespace that can be seen. */
  virtualServices: readonly KubeObject[];
  destinationRules: readonly KubeObject[];
  /** Istio's Gateways, not those of the Gateway API. */
  gateways?: readonly KubeObject[];
  authorizationPolicies?: readonly KubeObject[];
  peerAuthentications?: readonly KubeObject[];
  serviceAccounts?: readonly KubeObject[];
  httpRoutes?: readonly KubeObject[];
  ingresses?: readonly KubeObject[];
  /** The mesh's root namespace; "istio-system" when absent. */
  rootNamespace?: string;
  /** The mesh's trust domain, and those that it takes for its own; absent when nobody has said. */
  trustDomains?: readonly string[];
  /** How many different values of a topology key ("kubernetes.io/hostname") the schedulable nodes have. */
  topologyDomains?: Readonly<Record<string, number>>;
  access?: readonly AccessFacts[];
  dryRun?: readonly DryRunFacts[];
  metrics?: MetricsFacts;
  /** Bounds of the mesh's latency histogram in milliseconds. */
  latencyBoundsMs: readonly number[];
  /** Callers without the mesh's identity (`connection_security_policy="none"`). */
  callersOutsideMesh?: readonly CallerFacts[];
  /** Callers with a sidecar, gateways left out. Only looked at when no managed route serves them. */
  callersInMesh?: readonly CallerFacts[];
}
