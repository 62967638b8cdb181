import type { KubeObject } from "../../../src/kube/port.ts";
import type { Container } from "./behaviour.ts";

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** The fields of a Pod that the process kubelet reads. */
export interface Pod extends KubeObject {
  metadata: KubeObject["metadata"] & { deletionGracePeriodSeconds?: number };
  spec: { nodeName?: string; containers: Container[] };
  status?: { phase?: string; podIP?: string; conditions?: Condition[] };
}

export interface Service extends KubeObject {
  spec: { selector?: Record<string, string> };
}

/** Which pods something applies to; what is left out fits all. */
export interface PodSelector {
  namespace: string;
  pod?: string;
  labels?: Record<string, string>;
  /** The tag of the serving container's image. */
  imageTag?: string;
}

export interface PodSummary {
  uid: string;
  labels: Readonly<Record<string, string>>;
  name: string;
  namespace: string;
  address: string;
  workload: string;
  imageTag: string;
  ready: boolean;
  terminating: boolean;
  /** Requests answered so far. */
  requests: number;
}
