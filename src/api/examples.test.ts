import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatYamlProblem, readRollouts } from "./yaml.ts";

const folder = join(import.meta.dirname, "..", "..", "examples");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yaml"));

test("there are examples", () => {
  expect(files).toEqual(expect.arrayContaining(["rollout.yaml", "rollout-full.yaml"]));
});

test.each(files)("the Rollouts in examples/%s are valid", (name) => {
  const { problems } = readRollouts(readFileSync(join(folder, name), "utf8"), name);
  expect(problems.map(formatYamlProblem)).toEqual([]);
});

const docs = join(import.meta.dirname, "..", "..", "docs");
const pages = readdirSync(docs, { encoding: "utf8" }).filter((name) => name.endsWith(".md"));

test.each(pages)("the Rollouts shown in docs/%s are valid", (name) => {
  const text = readFileSync(join(docs, name), "utf8");
  for (const [, yaml = ""] of text.matchAll(/^```yaml\n(.*?)^```$/gms)) {
    const { problems } = readRollouts(yaml, name);
    expect(problems.map(formatYamlProblem)).toEqual([]);
  }
});
