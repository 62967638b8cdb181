import { defineCheck } from "./define.ts";
import { fieldOf } from "./origin.ts";
import { keyIn, plural } from "./raw.ts";

export const metricsLive = defineCheck(
  {
    id: "metrics-live",
    number: 20,
    title: "Prometheus answers, and has request series for the live workload.",
    severity: "fail",
    reason: "What cannot be measured cannot be vetted: the run would only hold, and pause at its deadline.",
    remedy:
      "Make Prometheus scrape the proxies (port 15020, path /stats/prometheus) and know it to the controller by the name in spec.analysis.prometheus.name.",
  },
  ({ metrics, rollout, workload, liveTwin }) => {
    const { name } = rollout.spec.analysis.prometheus;
    const server = `Prometheus "${name}" (${fieldOf(rollout, "analysis.prometheus.name")})`;
    const live = liveTwin?.metadata.name ?? workload?.metadata.name ?? rollout.spec.workload.name;
    const selector = `istio_requests_total{destination_service="${rollout.serviceHost}",destination_workload="${live}",reporter="destination"}`;
    if (metrics === undefined) {
      return [
        { severity: "warn", message: `${server} was not asked for the requests of ${keyIn(rollout.namespace, live)}.` },
      ];
    }
    if (metrics.kind === "error") {
      return [
        {
          message: `${server} gave no answer that can be used: ${metrics.message}`,
          remedy:
            "Make the server reachable from the controller, or correct the name and the address that the controller was given.",
        },
      ];
    }
    if (metrics.stableSeries === 0) {
      return [
        {
          message: `${server} has no series ${selector}.`,
          remedy:
            "A proxy that has served no request yet has no series: send the Service one request, and this passes at the next look. Else see whether its pods have a sidecar, are scraped (up{}), and whether a Telemetry resource removes destination_workload.",
        },
      ];
    }
    const wanted = rollout.spec.analysis.minRequests;
    if (metrics.requests >= wanted) return [];
    return [
      {
        severity: "warn",
        message: `${server} counted ${plural(Math.round(metrics.requests), "request")} to ${keyIn(rollout.namespace, live)} of late, and a step needs ${wanted} of the candidate's alone (${fieldOf(rollout, "analysis.minRequests")}).`,
        reason: `Too few requests are no evidence: the run would hold for ${rollout.spec.analysis.onInconclusive.hold} (spec.analysis.onInconclusive.hold) and then ${rollout.spec.analysis.onInconclusive.then === "Pause" ? "pause" : "roll back"}.`,
        remedy: "Ship when there is traffic, observe for longer, or lower spec.analysis.minRequests knowingly.",
      },
    ];
  },
);
