/** Requests of one tick that ended alike. */
export interface Traffic {
  /** Milliseconds since the epoch. */
  timeMs: number;
  host: string;
  status: number;
  /** The image's tag of who answered; "" when no pod did. */
  version: string;
  podName: string;
  /** The Deployment of that pod. */
  workload: string;
  count: number;
  /** Mean. */
  durationMs: number;
}

export interface Tally {
  total: number;
  /** 5xx, and requests that no route took. */
  failed: number;
}

export interface Summary extends Tally {
  byVersion: Record<string, Tally>;
  byWorkload: Record<string, Tally>;
  /** Milliseconds since the epoch; undefined when nothing failed. */
  firstFailureMs?: number;
  lastFailureMs?: number;
}

export function isFailure({ status }: Pick<Traffic, "status">): boolean {
  return status >= 500 || status === 404;
}

function add(tallies: Record<string, Tally>, key: string, { count }: Traffic, failed: boolean): void {
  const tally = (tallies[key] ??= { total: 0, failed: 0 });
  tally.total += count;
  if (failed) tally.failed += count;
}

/** `fromMs` included, `toMs` not. */
export function summarize(log: readonly Traffic[], range: { fromMs?: number; toMs?: number; host?: string }): Summary {
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY, host } = range;
  const summary: Summary = { total: 0, failed: 0, byVersion: {}, byWorkload: {} };
  for (const traffic of log) {
    if (traffic.timeMs < fromMs || traffic.timeMs >= toMs || (host !== undefined && traffic.host !== host)) continue;
    const failed = isFailure(traffic);
    summary.total += traffic.count;
    add(summary.byVersion, traffic.version, traffic, failed);
    add(summary.byWorkload, traffic.workload, traffic, failed);
    if (!failed) continue;
    summary.failed += traffic.count;
    summary.firstFailureMs ??= traffic.timeMs;
    summary.lastFailureMs = traffic.timeMs;
  }
  return summary;
}
