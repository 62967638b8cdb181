const decimal = /^[0-9]+$/;

/**
 * Negative, 0 or positive as `a` is older than, equal to, or newer than `b`; undefined when that cannot be told.
 * Kubernetes declares resourceVersions of one resource type comparable as integers (KEP-5504). Servers that use something else
 * leave equality only.
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!decimal.test(a) || !decimal.test(b)) return undefined;
  const left = BigInt(a);
  const right = BigInt(b);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Whether `a` is certainly at least as new as `b`. */
export function isAtLeast(a: string, b: string): boolean {
  const order = compareResourceVersions(a, b);
  return order !== undefined && order >= 0;
}
