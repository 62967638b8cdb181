import type { Dashboard, Panel } from "./dashboards.ts";

const COLUMNS = 24;
const PANEL = { w: 12, h: 8 };
const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

/** A dashboard as Grafana imports it, as text that is the same on every machine. */
export function grafanaJson({ uid, title, description, variables, panels }: Dashboard): string {
  const dashboard = {
    uid,
    title,
    description,
    tags: ["sluice"],
    schemaVersion: 39,
    editable: true,
    refresh: "10s",
    time: { from: "now-1h", to: "now" },
    templating: { list: [datasource(), ...variables.map((name, index) => variable(name, variables.slice(0, index)))] },
    panels: panels.map(panel),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function datasource(): object {
  return { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" };
}

function variable(name: string, before: readonly string[]): object {
  const within = before.map((label) => `${label}="$${label}"`).join(",");
  const query = `label_values(sluice_rollout_state${within === "" ? "" : `{${within}}`}, ${name})`;
  return { name, type: "query", datasource: DATASOURCE, query, refresh: 2, sort: 1 };
}

function panel({ title, description, kind, unit = "short", queries }: Panel, index: number): object {
  const perRow = COLUMNS / PANEL.w;
  return {
    id: index + 1,
    type: kind,
    title,
    ...(description === undefined ? {} : { description }),
    datasource: DATASOURCE,
    gridPos: { ...PANEL, x: (index % perRow) * PANEL.w, y: Math.floor(index / perRow) * PANEL.h },
    fieldConfig: { defaults: { unit }, overrides: [] },
    targets: queries.map(({ expr, legend }, at) => ({
      refId: "ABCDEFGH"[at],
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
      ...(kind === "table" ? { format: "table", instant: true } : {}),
    })),
  };
}
