import { isFailure, type Tally, type Traffic } from "../../sim/traffic-log.ts";

/** Users' requests of one version, or of all. */
export interface Meter {
  total: number;
  failed: number;
  /** What was counted in each bucket since the beginning; holes where nothing was. */
  buckets: readonly (Tally | undefined)[];
}

export interface TrafficMeter {
  add(traffic: readonly Traffic[]): void;
  /** By version, in the order in which they were first met; requests that no pod answered are under "". */
  byVersion(): ReadonlyMap<string, Meter>;
  all(): Meter;
}

interface Filling extends Meter {
  buckets: (Tally | undefined)[];
}

/** Counts what users see, in buckets of `bucketMs` from `startMs` on. */
export function createTrafficMeter({ startMs, bucketMs }: { startMs: number; bucketMs: number }): TrafficMeter {
  const versions = new Map<string, Filling>();
  const all: Filling = { total: 0, failed: 0, buckets: [] };

  function count(meter: Filling, traffic: Traffic): void {
    const index = Math.max(0, Math.floor((traffic.timeMs - startMs) / bucketMs));
    const bucket = (meter.buckets[index] ??= { total: 0, failed: 0 });
    const failed = isFailure(traffic) ? traffic.count : 0;
    for (const tally of [meter, bucket]) {
      tally.total += traffic.count;
      tally.failed += failed;
    }
  }

  return {
    add(traffic) {
      for (const part of traffic) {
        let meter = versions.get(part.version);
        if (meter === undefined) versions.set(part.version, (meter = { total: 0, failed: 0, buckets: [] }));
        count(meter, part);
        count(all, part);
      }
    },
    byVersion: () => versions,
    all: () => all,
  };
}
