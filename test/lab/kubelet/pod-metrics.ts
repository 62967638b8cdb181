import type { DestinationLabels } from "./destination.ts";

// Istio's default bounds (Envoy's, in milliseconds).
const boundsMs = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

interface Series {
  readonly labels: string;
  count: number;
  sumMs: number;
  readonly buckets: number[];
}

/** The two metrics of a sidecar that the analysis reads, for one pod. A series is born with its first request, as in Envoy. */
export class PodMetrics {
  readonly #common: DestinationLabels;
  readonly #series = new Map<string, Series>();
  #requests = 0;

  constructor(common: DestinationLabels) {
    this.#common = common;
  }

  get requests(): number {
    return this.#requests;
  }

  /** `request` holds the labels that differ from request to request: the service asked for, and who asked. */
  record(request: DestinationLabels, responseCode: number, durationMs: number): void {
    this.#requests++;
    const key = `${responseCode} ${Object.values(request).join(" ")}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = {
        labels: format({ ...this.#common, ...request, response_code: String(responseCode) }),
        count: 0,
        sumMs: 0,
        buckets: boundsMs.map(() => 0),
      };
      this.#series.set(key, series);
    }
    series.count++;
    series.sumMs += durationMs;
    boundsMs.forEach((bound, at) => {
      if (durationMs <= bound) series.buckets[at] = (series.buckets[at] ?? 0) + 1;
    });
  }

  /** Prometheus' text format. */
  render(): string {
    const lines = ["# TYPE istio_requests_total counter"];
    const duration = "istio_request_duration_milliseconds";
    for (const { labels, count } of this.#series.values()) lines.push(`istio_requests_total{${labels}} ${count}`);
    lines.push(`# TYPE ${duration} histogram`);
    for (const { labels, count, sumMs, buckets } of this.#series.values()) {
      boundsMs.forEach((bound, at) => lines.push(`${duration}_bucket{${labels},le="${bound}"} ${buckets[at]}`));
      lines.push(`${duration}_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(`${duration}_sum{${labels}} ${sumMs}`, `${duration}_count{${labels}} ${count}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

function format(labels: DestinationLabels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(",");
}
