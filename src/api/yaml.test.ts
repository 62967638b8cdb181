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

test("an alias without an anchor is reported where it stands, in any document", () => {
  expect(report(`${head}---\nkind: Other\nspec: {a: *nowhere}\n`)).toEqual([
    "rollout.yaml:9:11 there is no anchor &nowhere before the alias *nowhere: name it at the value that is to be repeated",
  ]);
});

test("aliases that would fill the memory are reported", () => {
  const level = (number: number) =>
    `a${number}: &a${number} [${Array(10)
      .fill(`*a${number - 1}`)
      .join(", ")}]\n`;
  const bomb = `a0: &a0 [x]\n${[1, 2, 3, 4, 5, 6].map(level).join("")}`;
  expect(report(bomb)[0]).toMatch(/^rollout.yaml:2:\d+ its aliases .* more than 10000 times: write the values out$/);
});

test("an alias inside its own value is reported, and a merge of what is no map", () => {
  expect(report("a: &x [*x]\n")).toEqual(["rollout.yaml:1:8 the alias *x stands inside the value that it repeats"]);
  expect(report("a: &x {<<: *x}\n")[0]).toContain("the alias *x stands inside");
  expect(report("a: &x 1\nb: {<<: *x}\n")[0]).toMatch(/^rollout.yaml:2:9 its aliases .* cannot be followed: Merge/);
});

test("a scalar may be repeated as often as a long file needs it", () => {
  expect(report(`a: &x y\nb: [${Array(5000).fill("*x").join(", ")}]\n`)).toEqual([]);
});

test("merge keys are followed as kubectl does, and what they bring is reported where it is written", () => {
  const merged = (weight: string) => `${head}  analysis:\n    <<: &shared {interval: ${weight}}\n`;
  expect(report(merged("10s"))).toEqual([]);
  expect(readRollouts(merged("12s"), "a.yaml").rollouts).toMatchObject([
    { effective: { spec: { analysis: { interval: "12s" } } } },
  ]);
  expect(report(merged("soon"))[0]).toMatch(/^rollout.yaml:8:18 spec.analysis.interval: /);
  expect(report(`${head}  steps: [{name: a, weight: &far 200}, {name: b, weight: *far}]\n`)).toHaveLength(2);
});

test("words of YAML 1.1 are true and false as kubectl takes them, in quotes they are text", () => {
  for (const [word, suspend] of [
    ["on", true],
    ["Yes", true],
    ["y", true],
    ["OFF", false],
    ["no", false],
  ] as const)
    expect(readRollouts(`${head}  suspend: ${word}\n`, "a.yaml").rollouts).toMatchObject([
      { effective: { spec: { suspend } } },
    ]);
  expect(report(`${head}  suspend: "off"\n`)).toEqual([
    'rollout.yaml:7:3 spec.suspend: expected true or false, got "off"',
  ]);
});

test("the items of a List are read, each at its own lines", () => {
  const item = (text: string) => text.trimEnd().replace(/^/gm, "    ").replace("    ", "  - ");
  const list = (text: string) => `apiVersion: v1\nkind: List\nitems:\n${item(head)}\n${item(text)}\n`;
  expect(readRollouts(list(head), "all.yaml").rollouts).toMatchObject([{ line: 4 }, { line: 10 }]);
  expect(report(list(`${head}  suspend: perhaps`))).toEqual([
    'rollout.yaml:16:7 spec.suspend: expected true or false, got "perhaps"',
  ]);
});

test("a template that is not rendered is one problem for each document, which says to render it", () => {
  const template = `{{- if .Values.on }}\nkind: Rollout\nspec:\n{{ toYaml .Values.spec | indent 2 }}\n  a: {{ quote "b" }}\n{{- end }}\n`;
  const problems = report(`${template}---\nkind: Rollout\nmetadata: {name: {{ .Values.name }}}\n`);
  expect(problems).toHaveLength(2);
  for (const problem of problems) expect(problem).toContain("render it first, as helm template does");
  expect(problems[1]).toMatch(/^rollout.yaml:9:\d+ a key is a map or a list here/);
});
