/** What the controller needs of a Prometheus. `prometheus/client.ts` asks a real one, `sim/` answers from memory. */
export interface PrometheusApi {
  /** What time it is on the server's own clock. Never rejects. */
  now(signal?: AbortSignal): Promise<TimeResult>;
  /**
   * Runs `promql` at `atMs` (milliseconds since the epoch). Never rejects: what went wrong is a result.
   * Samples that are NaN or infinite are kept as they are; the caller decides what they mean.
   */
  query(promql: string, atMs: number, signal?: AbortSignal): Promise<QueryResult>;
  /** The same at every `stepMs` from `fromMs` to `toMs`: how counters are replayed after a restart. */
  queryRange(promql: string, fromMs: number, toMs: number, stepMs: number, signal?: AbortSignal): Promise<RangeResult>;
}

export interface InstantSample {
  labels: Readonly<Record<string, string>>;
  /** When the value was read by the server, in milliseconds since the epoch. */
  timeMs: number;
  value: number;
}

export interface RangeSeries {
  labels: Readonly<Record<string, string>>;
  points: readonly { timeMs: number; value: number }[];
}

/** Why there is no answer, in words that an operator can act on. Secrets never appear in `message`. */
export interface QueryFailure {
  kind: "error";
  reason: "unreachable" | "timeout" | "http" | "notPrometheus" | "badQuery";
  message: string;
}

export type TimeResult = { kind: "time"; timeMs: number } | QueryFailure;
export type QueryResult =
  | { kind: "samples"; samples: readonly InstantSample[]; warnings: readonly string[] }
  | QueryFailure;
export type RangeResult =
  | { kind: "series"; series: readonly RangeSeries[]; warnings: readonly string[] }
  | QueryFailure;
