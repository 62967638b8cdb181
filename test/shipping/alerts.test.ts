import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { METRICS } from "../../src/server/metrics-table.ts";
import { ensureTool } from "../lab/tools.ts";
import { root } from "./render.ts";

const file = join(root, "deploy/monitoring/alerts.yaml");
const { groups } = parse(readFileSync(file, "utf8")) as { groups: { rules: { alert: string; expr: string }[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** One minute a sample, in promtool's notation. Each alert, its series while all is well, and its series when it is not. */
interface Case {
  alert: string;
  well: Record<string, string>;
  ill: Record<string, string>;
  /** Labels of what fires, beside the severity. */
  fires: Record<string, string>;
  /** Minutes after which it must have fired. */
  within: number;
}

const leader = (pod: string) => `sluice_leader{pod="${pod}"}`;
const passes = (outcome: string) => `sluice_pass_duration_seconds_count{outcome="${outcome}"}`;
const queries = (server: string, outcome: string) =>
  `sluice_prometheus_requests_total{server="${server}",outcome="${outcome}"}`;
const state = (phase: string, row: string) =>
  `sluice_rollout_state{namespace="shop",rollout="checkout",phase="${phase}",row="${row}"}`;
const requests = (code: number) => `sluice_api_requests_total{verb="patch",resource="virtualservices",code="${code}"}`;
const messages = (kind: string, outcome: string) => `sluice_notifications_total{kind="${kind}",outcome="${outcome}"}`;
const checkout = { namespace: "shop", rollout: "checkout" };

const CASES: readonly Case[] = [
  {
    alert: "SluiceNoLeader",
    well: { [leader("a")]: "1x60", [leader("b")]: "0x60" },
    ill: { [leader("a")]: "0x60", [leader("b")]: "0x60" },
    fires: {},
    within: 2,
  },
  { alert: "SluiceNoLeader", well: { [leader("a")]: "1x60" }, ill: {}, fires: {}, within: 2 },
  {
    alert: "SluiceSeveralLeaders",
    well: { [leader("a")]: "1x60", [leader("b")]: "0x60" },
    ill: { [leader("a")]: "1x60", [leader("b")]: "1x60" },
    fires: {},
    within: 2,
  },
  {
    alert: "SluiceQueueOld",
    well: { sluice_queue_oldest_age_seconds: "29x60" },
    ill: { sluice_queue_oldest_age_seconds: "31x60" },
    fires: {},
    within: 3,
  },
  {
    alert: "SluicePassesFail",
    well: { [passes("ok")]: "0+60x60", [passes("error")]: "0+50x60" },
    ill: { [passes("ok")]: "0+50x60", [passes("error")]: "0+60x60" },
    fires: {},
    within: 7,
  },
  {
    alert: "SluicePrometheusUnreachable",
    well: {
      [queries("default", "ok")]: "0+6x60",
      [queries("payments", "error")]: "0x60",
      [queries("payments", "ok")]: "0+6x60",
    },
    ill: { [queries("default", "ok")]: "0+6x60", [queries("payments", "error")]: "0+6x60" },
    fires: { server: "payments" },
    within: 4,
  },
  {
    alert: "SluiceRunStuck",
    well: { [state("Observing", "Progressing")]: "1x60" },
    ill: { [state("Preflight", "Stalled")]: "1x60" },
    fires: { ...checkout, phase: "Preflight" },
    within: 11,
  },
  {
    alert: "SluiceWayBackStuck",
    well: { [state("Draining", "RollingBack")]: "1x10", [state("RolledBack", "RolledBack")]: "_x10 1x50" },
    ill: { [state("Withdrawing", "RollingBack")]: "1x60" },
    fires: { ...checkout, phase: "Withdrawing" },
    within: 16,
  },
  {
    alert: "SluiceWritesRefused",
    // A lost race and a missing object are everyday answers.
    well: { [requests(200)]: "0+60x60", [requests(409)]: "0+5x60", [requests(404)]: "0+5x60", [requests(403)]: "3x60" },
    ill: { [requests(200)]: "0+60x60", [requests(403)]: "0+1x60" },
    fires: { verb: "patch", resource: "virtualservices", code: "403" },
    within: 7,
  },
  {
    alert: "SluiceNotificationsFail",
    well: { [messages("slack", "sent")]: "0+2x60", [messages("slack", "failed")]: "0+1x60" },
    ill: { [messages("slack", "sent")]: "0+2x60", [messages("webhook", "failed")]: "0+1x60" },
    fires: { kind: "webhook" },
    within: 7,
  },
];

async function promtool(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(await ensureTool("promtool"), args, { encoding: "utf8" });
  return { status, text: `${stdout}${stderr}` };
}

/** What promtool says of the alert at the given minute with these series. */
async function firing({ alert, fires }: Case, series: Record<string, string>, minute: number, expected: boolean) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-alerts-"));
  const severity = /severity: (\w+)/.exec(readFileSync(file, "utf8").split(`alert: ${alert}\n`)[1] ?? "")?.[1];
  const suite = {
    rule_files: [file],
    evaluation_interval: "1m",
    fuzzy_compare: true,
    tests: [
      {
        interval: "1m",
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        // Which alerts fire, by their labels; what they say is read in the rules.
        promql_expr_test: [
          {
            expr: `count by (alertname, ${["severity", ...Object.keys(fires)].join(", ")}) (ALERTS{alertname="${alert}",alertstate="firing"})`,
            eval_time: `${minute}m`,
            exp_samples: expected
              ? [{ labels: labelSet({ alertname: alert, severity: severity ?? "", ...fires }), value: 1 }]
              : [],
          },
        ],
      },
    ],
  };
  try {
    writeFileSync(join(folder, "suite.yaml"), stringify(suite));
    return await promtool(["test", "rules", join(folder, "suite.yaml")]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function labelSet(labels: Record<string, string>): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(", ")}}`;
}

test("promtool finds nothing wrong with the rules", async () => {
  expect(await promtool(["check", "rules", "--lint=all", "--lint-fatal", file])).toMatchObject({ status: 0 });
});

test("every alert has a case, and asks for series that the controller has", () => {
  expect(new Set(CASES.map(({ alert }) => alert))).toEqual(new Set(rules.map(({ alert }) => alert)));
  const known = Object.entries(METRICS).flatMap(([name, { type }]) =>
    type === "histogram" ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
  );
  for (const { expr } of rules)
    for (const [name] of expr.matchAll(/\bsluice_\w+/g)) expect(known, `${name} in ${expr}`).toContain(name);
});

test.each(CASES)(
  "$alert is silent while all is well, and fires within $within min when it is not: $fires",
  async (it) => {
    expect(await firing(it, it.well, 50, false)).toMatchObject({ status: 0, text: expect.stringContaining("SUCCESS") });
    expect(await firing(it, it.ill, it.within, true)).toMatchObject({
      status: 0,
      text: expect.stringContaining("SUCCESS"),
    });
  },
);
