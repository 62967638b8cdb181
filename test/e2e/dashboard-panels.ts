import { DASHBOARDS } from "../../src/server/dashboards.ts";
import type { LabClient } from "../lab/client.ts";

const STEP_SECONDS = 5;

/** A panel's query, as Grafana would send it for a Rollout. */
export interface PanelQuery {
  panel: string;
  promql: string;
}

/** Every query of every panel of our dashboards. */
export function panelQueries(namespace: string, rollout: string): PanelQuery[] {
  return DASHBOARDS.flatMap(({ uid, panels }) =>
    panels.flatMap(({ title, queries }) =>
      queries.map(({ expr }) => ({
        panel: `${uid}: ${title}`,
        promql: expr
          .replaceAll("$__rate_interval", "30s")
          .replaceAll("$namespace", namespace)
          .replaceAll("$rollout", rollout),
      })),
    ),
  );
}

/** How many samples a query found between two moments, in milliseconds since the epoch. */
export async function samplesFound(lab: LabClient, promql: string, fromMs: number, toMs: number): Promise<number> {
  const range = { start: String(fromMs / 1000), end: String(toMs / 1000), step: String(STEP_SECONDS) };
  const response = await fetch(
    `${lab.prometheusUrl}/api/v1/query_range?${new URLSearchParams({ query: promql, ...range })}`,
  );
  const answer = (await response.json()) as { error?: string; data?: { result: { values: [number, string][] }[] } };
  if (answer.data === undefined) throw new Error(`Prometheus refused ${promql}: ${answer.error}`);
  return answer.data.result.flatMap(({ values }) => values).filter(([, value]) => value !== "NaN").length;
}
