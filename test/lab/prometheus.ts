import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPart, type Part } from "./part.ts";
import type { Ports } from "./ports.ts";
import { ensureTool } from "./tools.ts";

export interface PrometheusOptions {
  readonly dir: string;
  readonly ports: Ports;
  readonly targetsFile: string;
  readonly scrapeIntervalMs: number;
}

// Istio's own filter is not in stock Envoy, so Envoy's counters are given the names and labels that Istio's would have.
const sourceRelabelling = [
  { source_labels: ["__name__", "response_code_class"], regex: "envoy_cluster_upstream_rq;.+", action: "drop" },
  {
    source_labels: ["__name__", "response_code"],
    regex: "envoy_cluster_upstream_rq;\\d{3}",
    target_label: "__name__",
    replacement: "istio_requests_total",
  },
  {
    source_labels: ["__name__"],
    regex: "envoy_cluster_upstream_rq_time_(bucket|sum|count)",
    target_label: "__name__",
    replacement: "istio_request_duration_milliseconds_$1",
  },
  {
    source_labels: ["cluster_name"],
    regex: "outbound\\|\\d+\\|([^|]*)\\|([^.|]+)\\.([^.|]+)\\.svc\\.cluster\\.local",
    target_label: "destination_version",
    replacement: "$1",
  },
  {
    source_labels: ["cluster_name"],
    regex: "outbound\\|\\d+\\|[^|]*\\|(([^.|]+)\\.([^.|]+)\\.svc\\.cluster\\.local)",
    target_label: "destination_service",
    replacement: "$1",
  },
  {
    source_labels: ["cluster_name"],
    regex: "outbound\\|\\d+\\|[^|]*\\|([^.|]+)\\.([^.|]+)\\.svc\\.cluster\\.local",
    target_label: "destination_service_name",
    replacement: "$1",
  },
  {
    source_labels: ["cluster_name"],
    regex: "outbound\\|\\d+\\|[^|]*\\|([^.|]+)\\.([^.|]+)\\.svc\\.cluster\\.local",
    target_label: "destination_service_namespace",
    replacement: "$2",
  },
  { source_labels: ["__name__"], regex: "istio_.*", target_label: "reporter", replacement: "source" },
];

const CONTROLLERS = "controllers.json";

/** Lets the lab's Prometheus scrape `/metrics` there from now on, and of these addresses alone. */
export async function scrapeMetrics(dir: string, urls: readonly string[]): Promise<void> {
  await writeFile(
    join(dir, "targets", CONTROLLERS),
    JSON.stringify([{ targets: urls.map((url) => new URL(url).host) }]),
  );
}

export async function prometheusPart(options: PrometheusOptions): Promise<Part> {
  const { dir, ports } = options;
  const interval = `${options.scrapeIntervalMs}ms`;
  const url = `127.0.0.1:${ports.prometheus}`;
  const config = join(dir, "prometheus.yaml");
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: interval, scrape_timeout: interval },
      scrape_configs: [
        {
          job_name: "envoy",
          metrics_path: "/stats/prometheus",
          params: { usedonly: [""] },
          static_configs: [
            { targets: [`127.0.0.1:${ports.gatewayAdmin}`], labels: { proxy: "gateway" } },
            { targets: [`127.0.0.1:${ports.meshClientAdmin}`], labels: { proxy: "mesh-client" } },
          ],
          metric_relabel_configs: sourceRelabelling,
        },
        {
          job_name: "pods",
          metrics_path: "/stats/prometheus",
          file_sd_configs: [{ files: [options.targetsFile], refresh_interval: "1s" }],
        },
        {
          // Controllers that a test wants scraped: scrapeMetrics names them here. As the chart's ServiceMonitor has it, a series says
          // itself which Rollout it is about.
          job_name: "controllers",
          honor_labels: true,
          file_sd_configs: [{ files: [join(dir, "targets", CONTROLLERS)], refresh_interval: "1s" }],
        },
      ],
    }),
  );
  return createPart({
    name: "prometheus",
    command: await ensureTool("prometheus"),
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(dir, "prometheus")}`,
      "--storage.tsdb.retention.time=6h",
      `--web.listen-address=${url}`,
      "--log.level=warn",
      // The default of 5 s would leave a new pod unseen for longer than a test's whole step.
      "--scrape.discovery-reload-interval=200ms",
    ],
    logFile: join(dir, "prometheus.log"),
    ready: async () => (await fetch(`http://${url}/-/ready`)).ok,
  });
}
