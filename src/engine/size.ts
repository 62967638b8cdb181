/** Pods for a candidate that carries `weight` percent of what `sizeAtStart` pods carried. Never falls within a run. */
export function twinReplicas(weight: number, sizeAtStart: number, current: number): number {
  return Math.max(1, current, Math.ceil((sizeAtStart * weight) / 100));
}

/** Percent of the pods that are the candidate's: what callers meet that no route sends. 0 without any pod. */
export function podSharePercent(candidatePods: number, livePods: number): number {
  const all = candidatePods + livePods;
  return all === 0 ? 0 : (100 * candidatePods) / all;
}

/** The same for a step of `weight` percent as it is planned, with a live version of `sizeAtStart` pods beside it. */
export function plannedPodSharePercent(weight: number, sizeAtStart: number): number {
  return podSharePercent(twinReplicas(weight, sizeAtStart, 0), sizeAtStart);
}
