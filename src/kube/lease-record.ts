import type { KubeObject, ObjectRef } from "./port.ts";
import { apiVersionOf, leases } from "./resources.ts";
import { isRecord } from "./answer.ts";
import { microTime } from "./micro-time.ts";

/** The part of a Lease that election is about. */
export interface LeaseRecord {
  /** "" when released. */
  holder: string;
  durationMs: number;
  transitions: number;
  renewTime: string;
  acquireTime: string;
}

/** Missing fields read as a lease that nobody holds. */
export function readLease(lease: KubeObject): LeaseRecord {
  const spec = isRecord(lease.spec) ? lease.spec : {};
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const count = (value: unknown) => (typeof value === "number" ? value : 0);
  return {
    holder: text(spec.holderIdentity),
    durationMs: count(spec.leaseDurationSeconds) * 1_000,
    transitions: count(spec.leaseTransitions),
    renewTime: text(spec.renewTime),
    acquireTime: text(spec.acquireTime),
  };
}

/** The Lease as `identity` holds it from now; foreign labels, annotations and fields of `current` stay. */
export function heldBy(
  ref: ObjectRef,
  current: KubeObject | undefined,
  identity: string,
  durationMs: number,
  nowMs: number,
): KubeObject {
  const now = microTime(nowMs);
  const before = current ? readLease(current) : undefined;
  const same = before?.holder === identity;
  const spec = isRecord(current?.spec) ? current.spec : {};
  return {
    ...(current ?? { apiVersion: apiVersionOf(leases), kind: leases.kind, metadata: { ...ref } }),
    spec: {
      ...spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1_000),
      acquireTime: same && before.acquireTime !== "" ? before.acquireTime : now,
      renewTime: now,
      leaseTransitions: before === undefined ? 0 : before.transitions + (same ? 0 : 1),
    },
  };
}

/** The Lease given up: the next candidate need not wait for it to expire. */
export function released(current: KubeObject, nowMs: number): KubeObject {
  const now = microTime(nowMs);
  const spec = isRecord(current.spec) ? current.spec : {};
  return {
    ...current,
    spec: { ...spec, holderIdentity: "", leaseDurationSeconds: 1, acquireTime: now, renewTime: now },
  };
}
