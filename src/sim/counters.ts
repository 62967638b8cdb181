/** What proxies count, and what a Prometheus that scrapes them remembers. */

/** Bounds of Istio's latency histogram in milliseconds. Source: istio.io, annotation sidecar.istio.io/statsHistogramBuckets. */
export const bucketBoundsMs: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

export type Labels = Readonly<Record<string, string>>;

/** Counters as they stood at one scrape. `within[i]` requests took at most `bucketBoundsMs[i]`. */
export interface Point {
  timeMs: number;
  count: number;
  sumMs: number;
  within: readonly number[];
}

/** Requests of one kind through one proxy: one istio_requests_total series and one histogram. */
export interface Cell {
  labels: Labels;
  /** Who is scraped for it: it ends with that. */
  target: string;
  count: number;
  sumMs: number;
  /** Requests by the first bound that they are within; the last is for none. */
  perBucket: number[];
  /** As scraped; only those that differ from the one before. */
  points: Point[];
  /** When a scrape found the target gone. */
  endedMs: number | undefined;
}

export interface Counters {
  /** The cell of that key, made by `describe` when it is new. */
  cell(target: string, key: string, describe: () => Labels): Cell;
  record(cell: Cell, durationMs: number): void;
  /** The proxy is gone: the next scrape finds nobody there. */
  removeTarget(target: string): void;
  /** Remembers what has changed since the last scrape. */
  scrape(timeMs: number): void;
  /** Everything that was scraped and is not forgotten. */
  scraped(): Iterable<Cell>;
}

/** @param retentionMs how long an ended cell and old points are kept. @default 3600000 */
export function createCounters({ retentionMs = 3_600_000 }: { retentionMs?: number } = {}): Counters {
  const byTarget = new Map<string, Map<string, Cell>>();
  const changed = new Set<Cell>();
  const remembered = new Set<Cell>();
  const gone: Cell[] = [];

  function pointOf(cell: Cell, timeMs: number): Point {
    let sum = 0;
    const within = bucketBoundsMs.map((_, index) => (sum += cell.perBucket[index] ?? 0));
    return { timeMs, count: cell.count, sumMs: cell.sumMs, within };
  }

  return {
    cell(target, key, describe) {
      let cells = byTarget.get(target);
      if (!cells) byTarget.set(target, (cells = new Map()));
      let cell = cells.get(key);
      if (!cell) {
        const perBucket = Array.from({ length: bucketBoundsMs.length + 1 }, () => 0);
        cell = { labels: describe(), target, count: 0, sumMs: 0, perBucket, points: [], endedMs: undefined };
        cells.set(key, cell);
      }
      return cell;
    },
    record(cell, durationMs) {
      let bucket = 0;
      while (bucket < bucketBoundsMs.length && durationMs > (bucketBoundsMs[bucket] ?? 0)) bucket++;
      cell.perBucket[bucket] = (cell.perBucket[bucket] ?? 0) + 1;
      cell.count++;
      cell.sumMs += durationMs;
      changed.add(cell);
    },
    removeTarget(target) {
      gone.push(...(byTarget.get(target)?.values() ?? []));
      byTarget.delete(target);
    },
    scrape(timeMs) {
      for (const cell of gone.splice(0)) {
        cell.endedMs = timeMs;
        changed.delete(cell);
      }
      for (const cell of changed) {
        const { points } = cell;
        points.push(pointOf(cell, timeMs));
        // Cut rarely and by a lot.
        if (points.length > 1_000)
          points.splice(
            0,
            points.findIndex((point) => point.timeMs >= timeMs - retentionMs),
          );
        remembered.add(cell);
      }
      changed.clear();
      for (const cell of remembered) {
        if (cell.endedMs !== undefined && cell.endedMs < timeMs - retentionMs) remembered.delete(cell);
      }
    },
    scraped: () => remembered,
  };
}

/** The last point at or before a time; undefined when there is none, or the target was known to be gone. */
export function pointAt(cell: Cell, timeMs: number): Point | undefined {
  if (cell.endedMs !== undefined && timeMs >= cell.endedMs) return undefined;
  const { points } = cell;
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle] as Point).timeMs <= timeMs) low = middle + 1;
    else high = middle;
  }
  return points[low - 1];
}
