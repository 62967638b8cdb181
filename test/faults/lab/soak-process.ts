import { expect } from "vitest";
import { median } from "./table.ts";

export interface Sample {
  readonly atMs: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly openFds: number;
}

export interface ProcessRecorder extends Disposable {
  /** Those of the process that was begun last. */
  samples(): readonly Sample[];
  /** Forgets what was recorded: another process answers from now on. */
  anew(): void;
}

const EVERY_MS = 1_000;

/** Reads a controller's own metrics every second, as Prometheus would; what cannot be read is left out. `url` is where /metrics is. */
export function recordProcess(url: string): ProcessRecorder {
  let samples: Sample[] = [];
  const timer = setInterval(() => void read(), EVERY_MS);

  async function read(): Promise<void> {
    const into = samples;
    try {
      const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(EVERY_MS) });
      const text = await answer.text();
      const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
      into.push({
        atMs: Date.now(),
        heapBytes: value("nodejs_heap_size_used_bytes"),
        residentBytes: value("process_resident_memory_bytes"),
        openFds: value("process_open_fds"),
      });
    } catch {
      // Killed or frozen just now.
    }
  }

  return {
    samples: () => samples,
    anew: () => void (samples = []),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** A plan, runs and their history come in while it works; a leak goes on. */
const MOST_GROWTH = { heapBytes: 40 * 2 ** 20, openFds: 10 };
/** Connections that calls leave behind are closed after ten seconds without one, by the pool of `src/kube/transport.ts`. */
export const REST_SECONDS = 13;

/**
 * What is used at the end is about what was used before: heap by the lowest readings between two collections in the second and
 * the last quarter, open files by the median of the second quarter and the lowest of the rest at the end. Connections come and go
 * with every trouble, and are all gone while the API server is; what is still open once all have had time to close is a leak. The
 * last `REST_SECONDS` must have been a rest. Gives the figures of both.
 */
export function expectFlat(samples: readonly Sample[]): Record<string, readonly [second: number, last: number]> {
  expect(samples.length, "readings of the controller's own metrics").toBeGreaterThanOrEqual(20);
  const quarter = Math.floor(samples.length / 4);
  const [second, last] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
  const restFromMs = (samples.at(-1)?.atMs ?? 0) - 1_000 * REST_SECONDS;
  const rest = samples.filter(({ atMs }) => atMs >= restFromMs);
  const lowest = (of: readonly Sample[], name: "heapBytes" | "residentBytes" | "openFds") =>
    Math.min(...of.map((sample) => sample[name]));
  const usualFds = median(second.map(({ openFds }) => openFds));
  const growth = {
    heapBytes: lowest(last, "heapBytes") - lowest(second, "heapBytes"),
    openFds: lowest(rest, "openFds") - usualFds,
  };
  for (const name of ["heapBytes", "openFds"] as const)
    expect(growth[name], `${name}: growth`).toBeLessThanOrEqual(MOST_GROWTH[name]);
  const mebibytes = (name: "heapBytes" | "residentBytes") =>
    [second, last].map((of) => Math.round(lowest(of, name) / 2 ** 20)) as [number, number];
  return {
    "heap in MiB": mebibytes("heapBytes"),
    "resident in MiB": mebibytes("residentBytes"),
    "open files": [usualFds, lowest(rest, "openFds")],
  };
}
