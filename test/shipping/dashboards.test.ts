import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { DASHBOARDS } from "../../src/server/dashboards.ts";
import { type MetricDefinition, METRICS } from "../../src/server/metrics-table.ts";
import { ensureTool } from "../lab/tools.ts";

/** What Grafana makes of a query before it sends it. */
function asSent(expr: string): string {
  return expr.replaceAll("$__rate_interval", "1m").replaceAll("$namespace", "shop").replaceAll("$rollout", "checkout");
}

const queries = DASHBOARDS.flatMap(({ uid, panels }) =>
  panels.flatMap(({ title, queries: asked }) => asked.map(({ expr, legend }) => ({ uid, title, expr, legend }))),
);

/** Whether promtool's own Prometheus evaluates every expression to something, on one series a metric that rises from 0. */
async function promtool(args: (folder: string) => readonly string[], files: Record<string, unknown>) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-dashboards-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), stringify(content));
    const { status, stdout, stderr } = spawnSync(await ensureTool("promtool"), args(folder), { encoding: "utf8" });
    return { status, text: `${stdout}${stderr}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A value of each label that our panels ask for. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  namespace: ["shop"],
  rollout: ["checkout"],
  row: ["Stalled", "RolledBack"],
  outcome: ["ok", "error"],
};

/** Every series of the controller, with the labels that the table gives it. */
function everySeries(): string[] {
  return Object.entries<MetricDefinition>(METRICS).flatMap(([name, { type, labels }]) => {
    const sets = labels.reduce<string[][]>(
      (all, label) => all.flatMap((set) => (VALUES[label] ?? ["any"]).map((value) => [...set, `${label}="${value}"`])),
      [[]],
    );
    const suffixes = type === "histogram" ? ['_bucket{le="1",', '_bucket{le="+Inf",', "_count{", "_sum{"] : ["{"];
    return sets.flatMap((set) => suffixes.map((suffix) => `${name}${suffix}${set.join(",")}}`.replace(",}", "}")));
  });
}

test("every query of every panel finds something in what the controller serves", async () => {
  const suite = {
    evaluation_interval: "15s",
    tests: [
      {
        interval: "15s",
        input_series: everySeries().map((series) => ({ series, values: "0+1x40" })),
        promql_expr_test: queries.map(({ expr }) => ({
          // `absent` gives a sample where a query finds nothing.
          expr: `absent(${asSent(expr)})`,
          eval_time: "5m",
          exp_samples: [],
        })),
      },
    ],
  };
  const { status, text } = await promtool((folder) => ["test", "rules", join(folder, "suite.yaml")], {
    "suite.yaml": suite,
  });
  expect({ status, text }).toMatchObject({ status: 0 });
});

test("every series of the controller is on a dashboard, and a legend names labels that its query keeps", () => {
  const all = queries.map(({ expr }) => expr).join("\n");
  for (const name of Object.keys(METRICS)) expect(all).toContain(name);
  for (const { uid, title, expr, legend } of queries)
    for (const [, label = ""] of legend.matchAll(/\{\{(\w+)\}\}/g)) expect(expr, `${uid}, ${title}`).toContain(label);
});
