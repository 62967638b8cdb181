/** Pods for a candidate that carries `weight` percent of what `sizeAtStart` pods carried. Never falls within a run. */
export function twinReplicas(weight: number, sizeAtStart: number, current: number): number {
  return Math.max(1, current, Math.ceil((sizeAtStart * weight) / 100));
}
