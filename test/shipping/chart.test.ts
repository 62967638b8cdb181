import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readVersion } from "../../src/commands/version-file.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import { byName, chart, helm, kustomize, root, template } from "./render.ts";

const MAP = "admissionregistration.k8s.io";
const CRD_KEPT = { annotations: { "helm.sh/resource-policy": "keep" } };

test("helm's linter has nothing to say, also with everything switched on", async () => {
  for (const more of [
    [],
    ["--set", "serviceMonitor.enabled=true,prometheusRule.enabled=true,dashboards.enabled=true"],
  ]) {
    const { code, out, err } = await helm(["lint", "--strict", "--quiet", chart, ...more]);
    expect({ code, out, err }).toMatchObject({ code: 0 });
  }
});

test("chart and image are of this version", () => {
  expect(parse(readFileSync(join(chart, "Chart.yaml"), "utf8"))).toMatchObject({
    version: readVersion(),
    appVersion: readVersion(),
  });
});

describe("the chart installs what the kustomization does", () => {
  test.each([
    ["deploy", "v1"],
    ["deploy/variants/kubernetes-1.34", "v1beta1"],
    ["deploy/variants/kubernetes-1.30", "None"],
  ])("%s is holdPolicy %s", async (folder, holdPolicy) => {
    const rendered = await template("--no-hooks", "--set", `holdPolicy=${holdPolicy}`);
    const expected = (await kustomize(folder)).filter(({ kind }) => kind !== "Namespace").map(asByHelm);
    expect(byName(rendered)).toEqual(byName(expected));
    expect(rendered).toHaveLength(expected.length);
  });

  test("with the Prometheus Operator too", async () => {
    const on = await template("--no-hooks", "--set", "serviceMonitor.enabled=true,prometheusRule.enabled=true");
    const rendered = byName(on.filter(({ apiVersion }) => apiVersion === "monitoring.coreos.com/v1"));
    const read = (file: string) =>
      parse(readFileSync(join(root, "deploy/components/monitoring", file), "utf8")) as KubeObject;
    expect(rendered).toEqual(byName([read("service-monitor.yaml"), read("prometheus-rule.yaml")]));
  });
});

/** Helm keeps the definitions on uninstall, and names the tag and the pull policy. */
function asByHelm(object: KubeObject): KubeObject {
  const { metadata } = object;
  if (object.kind === "CustomResourceDefinition") return { ...object, metadata: { ...metadata, ...CRD_KEPT } };
  if (object.kind !== "Deployment") return object;
  const copy = structuredClone(object) as KubeObject & {
    spec: { template: { spec: { containers: Record<string, unknown>[] } } };
  };
  for (const container of copy.spec.template.spec.containers)
    Object.assign(container, { image: `sluice:${readVersion()}`, imagePullPolicy: "IfNotPresent" });
  return copy;
}

test("the dashboards come as ConfigMaps, as they are in deploy/dashboards", async () => {
  const maps = (await template("--set", "dashboards.enabled=true")).filter(({ kind }) => kind === "ConfigMap");
  expect(maps.map(({ metadata }) => metadata.name)).toEqual(["sluice-controller", "sluice-fleet", "sluice-rollout"]);
  for (const { metadata, data } of maps as (KubeObject & { data: Record<string, string> })[]) {
    const file = `${metadata.name}.json`;
    expect(JSON.parse(data[file] ?? "")).toEqual(
      JSON.parse(readFileSync(join(root, "deploy/dashboards", file), "utf8")) as unknown,
    );
  }
});

test.each([
  [["v1", "v1beta1"], `${MAP}/v1`],
  [["v1beta1"], `${MAP}/v1beta1`],
])("the hold rests on the version that the cluster serves: %j", async (served, expected) => {
  const args = served.flatMap((version) => ["--api-versions", `${MAP}/${version}/MutatingAdmissionPolicy`]);
  const rendered = await template("--no-hooks", ...args);
  expect(rendered.find(({ kind }) => kind === "MutatingAdmissionPolicy")?.apiVersion).toBe(expected);
});

test("another namespace is meant everywhere, also by the policy that opens the hold to Sluice alone", async () => {
  const { out } = await helm(["template", "sluice", chart, "--namespace", "delivery", "--set", "holdPolicy=v1"]);
  expect(out).not.toMatch(/^[^#]*sluice-system/m);
  expect(out).toContain("system:serviceaccount:delivery:sluice'");
});

test("each Prometheus is known by its name, and a digest goes before a tag", async () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const rendered = await template(
    "--set",
    `image.repository=registry.example.com/sluice,image.tag=x,image.digest=${digest}`,
    "--set",
    "prometheus.default=http://a:9090,prometheus.payments=https://b",
  );
  const text = JSON.stringify(byName(rendered)["Deployment sluice"]);
  expect(text).toContain(`registry.example.com/sluice@${digest}`);
  expect(text).toContain('"http://a:9090 payments=https://b"');
});

test("before an uninstall every Rollout is released, with the image of the controller and no more rights than that takes", async () => {
  const hooks = byName((await template()).filter(({ metadata }) => metadata.annotations?.["helm.sh/hook"]));
  expect(Object.keys(hooks)).toEqual([
    "ServiceAccount sluice-release",
    "ClusterRole sluice-release",
    "ClusterRoleBinding sluice-release",
    "Job sluice-release",
  ]);
  for (const { metadata } of Object.values(hooks)) expect(metadata.annotations?.["helm.sh/hook"]).toBe("pre-delete");
  expect(hooks["Job sluice-release"]).toMatchObject({
    spec: {
      template: {
        spec: {
          serviceAccountName: "sluice-release",
          containers: [
            { image: `sluice:${readVersion()}`, args: ["release", "--all", "--all-namespaces", "--timeout", "4m"] },
          ],
        },
      },
    },
  });
});

test.each([
  ["prometheus.default=prometheus:9090", "prometheus/default"],
  ["holdPolicy=off", "holdPolicy"],
  ["replicas=0", "replicas"],
  ["replcas=2", "replcas"],
  ["releaseOnUninstall.timeout=soon", "releaseOnUninstall/timeout"],
])("a value that is wrong is refused and named: %s", async (value, field) => {
  const { code, err } = await helm(["template", "sluice", chart, "--set", value]);
  expect(code).toBe(1);
  expect(err.replaceAll(".", "/")).toContain(field);
});

test("docs/installing.md installs it with values that the chart takes", async () => {
  const guide = readFileSync(join(root, "docs/installing.md"), "utf8");
  const [, command = ""] = /^helm install ((?:.*\\\n)*.*)$/m.exec(guide) ?? [];
  const words = command.replaceAll("\\\n", " ").split(/\s+/);
  expect(words.slice(0, 2)).toEqual(["sluice", "deploy/chart"]);
  const options = words.slice(2).filter((word) => word !== "--create-namespace");
  const { code, out, err } = await helm(["template", "sluice", chart, ...options]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("registry.example.com/sluice:0.1.0");
  expect(out).toContain("http://prometheus.monitoring:9090");
});
