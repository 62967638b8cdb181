/** Running sums over time, so that what came since any moment is one subtraction. Bounded: the older half thins out when full. */
export interface History {
  /** Appends the sums as they stand at `timeMs`, which must not be before the last one. */
  push(timeMs: number, sums: readonly number[]): void;
  /** The sums at the first moment kept at or after `sinceMs`, and those at the last one; undefined when there are no two such. */
  since(sinceMs: number): { fromMs: number; toMs: number; from: readonly number[]; to: readonly number[] } | undefined;
  /** All moments kept at or after `sinceMs`, oldest first. */
  entries(sinceMs: number): readonly Moment[];
}

export interface Moment {
  timeMs: number;
  sums: readonly number[];
}

/** Keeps at most `capacity` moments. Thinning loses no events: it only makes an old moment less sharp. */
export function createHistory(capacity = 600): History {
  let moments: Moment[] = [];

  function indexSince(sinceMs: number): number {
    let low = 0;
    let high = moments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((moments[middle] as Moment).timeMs < sinceMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    push(timeMs, sums) {
      moments.push({ timeMs, sums: [...sums] });
      if (moments.length <= capacity) return;
      const half = capacity >> 1;
      moments = moments.filter((_, index) => index >= half || index % 2 === 0);
    },
    since(sinceMs) {
      const from = moments[indexSince(sinceMs)];
      const to = moments.at(-1);
      if (from === undefined || to === undefined || from === to) return undefined;
      return { fromMs: from.timeMs, toMs: to.timeMs, from: from.sums, to: to.sums };
    },
    entries: (sinceMs) => moments.slice(indexSince(sinceMs)),
  };
}
