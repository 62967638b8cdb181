import { setTimeout as sleep } from "node:timers/promises";
import type { Proxy } from "./mesh/proxy.ts";

export interface WeightReading {
  readonly atMs: number;
  /** Percent by subset; "" for a destination without one. */
  readonly percents: Readonly<Record<string, number>>;
}

export interface WeightsRecorder extends AsyncDisposable {
  /** One entry a change, the first being how it was at the start. */
  readonly history: readonly WeightReading[];
  stop(): Promise<readonly WeightReading[]>;
}

/**
 * Keeps what split an Envoy had in force, and when: what a controller wrote is one thing, what users met another.
 *
 * @example await using recorder = recordWeights(lab.gateway, shop.host);
 */
export function recordWeights(proxy: Proxy, host: string, everyMs = 100): WeightsRecorder {
  const history: WeightReading[] = [];
  const stopping = new AbortController();
  const running = record();

  async function record(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const shares = await proxy.weightsInForce(host);
        const percents = Object.fromEntries(shares.map(({ subset, percent }) => [subset, percent]));
        if (JSON.stringify(percents) !== JSON.stringify(history.at(-1)?.percents)) {
          history.push({ atMs: Date.now(), percents });
        }
      } catch {
        // An Envoy that a test has stopped answers again later.
      }
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  async function stop(): Promise<readonly WeightReading[]> {
    stopping.abort();
    await running;
    return history;
  }

  return {
    history,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}
