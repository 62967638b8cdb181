import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { allCrds } from "../api/crd/kinds.ts";
import { crdYaml } from "../api/crd/yaml.ts";
import { DASHBOARDS } from "../server/dashboards.ts";
import { grafanaJson } from "../server/grafana.ts";
import type { GeneratedFile } from "./generate.ts";

/** What the Helm chart has in common with the kustomizations. Helm reads nothing outside of a chart, so it is copied there. */
const SHARED = [
  "base/rbac.yaml",
  "base/roles-for-people.yaml",
  "policies/hold.yaml",
  "policies/commands.yaml",
  "monitoring/alerts.yaml",
];

/** The files of the Helm chart, and the PrometheusRule, that are made from others under deploy/. `root` is the repository's. */
export function deployFiles(root: string): GeneratedFile[] {
  const read = (file: string) => readFileSync(join(root, "deploy", file), "utf8");
  return [
    ...allCrds().map((crd) => ({
      path: `deploy/chart/files/crds/${crd.spec.group}_${crd.spec.names.plural}.yaml`,
      content: `# Made by \`npm run generate\`. Change src/api, not this file.\n${crdYaml(crd)}`,
    })),
    ...SHARED.map((file) => ({
      path: `deploy/chart/files/${file.slice(file.indexOf("/") + 1)}`,
      content: `# Made by \`npm run generate\`. Change deploy/${file}, not this file.\n${read(file)}`,
    })),
    ...["deploy/dashboards", "deploy/chart/files/dashboards"].flatMap((folder) =>
      DASHBOARDS.map((dashboard) => ({ path: `${folder}/${dashboard.uid}.json`, content: grafanaJson(dashboard) })),
    ),
    {
      path: "deploy/components/monitoring/prometheus-rule.yaml",
      content: `# Made by \`npm run generate\`. Change deploy/monitoring/alerts.yaml, not this file.\n${prometheusRule(read("monitoring/alerts.yaml"))}`,
    },
  ];
}

function prometheusRule(alerts: string): string {
  const rule = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: {
      name: "sluice",
      namespace: "sluice-system",
      labels: { "app.kubernetes.io/name": "sluice", "app.kubernetes.io/part-of": "sluice" },
    },
    spec: parse(alerts) as unknown,
  };
  return stringify(rule, { lineWidth: 0 });
}
