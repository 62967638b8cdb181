import { expect, test } from "vitest";
import { formatYamlProblem, readRollouts } from "./yaml.ts";

function report(text: string): string[] {
  return readRollouts(text, "rollout.yaml").problems.map(formatYamlProblem);
}

const head = `apiVersion: sluice.dev/v1alpha1
kind: Rollout
metadata: {name: checkout, namespace: shop}
spec:
  workload: {name: checkout}
  traffic: {istio: {virtualServices: [{name: checkout}]}}
`;

test("a good Rollout is read with its place and its defaults", () => {
  const { rollouts, problems } = readRollouts(`# ours\n${head}`, "rollout.yaml");
  expect(problems).toEqual([]);
  expect(rollouts).toMatchObject([
    { file: "rollout.yaml", line: 2, name: "checkout", namespace: "shop", effective: { spec: { historyLimit: 10 } } },
  ]);
});

test("a wrong value is reported at its key", () => {
  expect(report(`${head}  steps:\n    - name: first\n      weight: 200\n`)).toEqual([
    'rollout.yaml:9:7 spec.steps[0].weight: expected a whole number from 0 to 100, or a percentage such as "0.5%", got 200',
  ]);
});

test("an unknown field is reported where it stands, with the field that was meant", () => {
  expect(report(`${head}  analysis:\n    intervall: 10s\n`)[0]).toMatch(
    /^rollout.yaml:8:5 spec.analysis.intervall: there is no field "intervall"; did you mean "interval"\? \(known here: /,
  );
});

test("what is missing is reported at the nearest thing around it", () => {
  expect(report(`${head}  steps:\n    - observe: 5m\n      weight: 10\n`)).toEqual([
    "rollout.yaml:8:7 spec.steps[0].name: missing: expected text",
  ]);
});

test("each document of a file counts its lines on, and other kinds are passed over", () => {
  const other = "apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: two}\n";
  const text = `${head}---\n${other}---\n${head}  suspend: perhaps\n`;
  const { rollouts } = readRollouts(text, "all.yaml");
  expect(rollouts).toHaveLength(1);
  expect(report(text)).toEqual(['rollout.yaml:18:3 spec.suspend: expected true or false, got "perhaps"']);
});

test("text that is no YAML is reported where it breaks", () => {
  expect(report("kind: Rollout\nspec:\n\tname: x\n")[0]).toMatch(/^rollout.yaml:3:/);
});

test("a key that stands twice is reported", () => {
  expect(report(`${head}  suspend: true\n  suspend: false\n`)[0]).toMatch(/^rollout.yaml:8:3 .*unique/);
});

test("a Rollout of another version is reported, not passed over", () => {
  expect(report(head.replace("v1alpha1", "v1"))).toEqual([
    'rollout.yaml:1:1 apiVersion: expected "sluice.dev/v1alpha1", got "sluice.dev/v1"',
  ]);
});

test("an empty file holds nothing", () => {
  expect(readRollouts("", "empty.yaml")).toEqual({ rollouts: [], policies: 0, problems: [] });
});
