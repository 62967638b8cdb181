import type { DeleteOptions, KubeObject } from "../kube/port.ts";
import { at } from "./json.ts";

const PROPAGATION_FINALIZERS = { Foreground: "foregroundDeletion", Orphan: "orphan" } as const;

/** Pods leave only when their kubelet says so. */
export function isGraceful(object: KubeObject): boolean {
  return object.kind === "Pod" && at(object, "metadata", "deletionGracePeriodSeconds") !== 0;
}

/** A namespace stays until what is in it is gone, whatever its other finalizers. */
export function hasContentToFinalize(object: KubeObject): boolean {
  const finalizers = object.kind === "Namespace" ? at(object, "spec", "finalizers") : undefined;
  return Array.isArray(finalizers) && finalizers.length > 0;
}

/**
 * What a DELETE makes of an object: it goes "now", it is going "already", or it stays, marked, until its finalizers are gone.
 * @param now RFC 3339
 */
export function deletionOf(old: KubeObject, options: DeleteOptions, now: string): KubeObject | "now" | "already" {
  const policy = options.propagationPolicy ?? "Background";
  const finalizers = [...(old.metadata.finalizers ?? [])];
  const wanted = policy === "Background" ? undefined : PROPAGATION_FINALIZERS[policy];
  if (wanted !== undefined && !finalizers.includes(wanted)) finalizers.push(wanted);
  const graceSeconds = old.kind === "Pod" ? podGrace(old, options) : 0;
  if (finalizers.length === 0 && graceSeconds === 0 && !hasContentToFinalize(old)) return "now";
  const isGoing = old.metadata.deletionTimestamp !== undefined;
  if (isGoing && finalizers.length === (old.metadata.finalizers?.length ?? 0)) return "already";
  const { generation } = old.metadata;
  const metadata: KubeObject["metadata"] & { deletionGracePeriodSeconds: number } = {
    ...old.metadata,
    deletionTimestamp: old.metadata.deletionTimestamp ?? now,
    deletionGracePeriodSeconds: graceSeconds,
    ...(generation !== undefined && !isGoing ? { generation: generation + 1 } : {}),
    ...(finalizers.length > 0 ? { finalizers } : {}),
  };
  const next: KubeObject = { ...old, metadata };
  if (old.kind === "Namespace") next["status"] = { phase: "Terminating" };
  return next;
}

function podGrace(pod: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  return gracePeriodSeconds ?? Number(at(pod, "spec", "terminationGracePeriodSeconds") ?? 30);
}
