import { describe, expect, test } from "vitest";
import { badPolicies, goodPolicies, latePolicies, policy } from "../../../test/contract/policies.ts";
import { readPolicy } from "./read.ts";

function problemsOf(object: unknown): string[] {
  const spec = readPolicy(object)?.spec;
  return spec === undefined || spec.ok ? [] : spec.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe("takes", () => {
  test.each(goodPolicies)("$kind: $name", ({ kind, spec }) => {
    expect(problemsOf(policy(kind, spec, "strict", "shop"))).toEqual([]);
  });
});

describe("refuses, naming the field", () => {
  test.each([...badPolicies, ...latePolicies])("$kind: $name", ({ kind, spec, path, says }) => {
    const problems = problemsOf(policy(kind, spec, "strict", "shop"));
    expect(problems.filter((problem) => problem.startsWith(`${path}: `))).toContainEqual(expect.stringMatching(says));
  });

  test("a version and a name that are not there", () => {
    const problems = problemsOf({ apiVersion: "sluice.dev/v2", kind: "RolloutPolicy", spec: {} });
    expect(problems).toEqual([
      'apiVersion: expected "sluice.dev/v1alpha1", got "sluice.dev/v2"',
      "metadata.name: missing: a RolloutPolicy needs a name",
    ]);
  });
});

test("gets no defaults but in the items of lists", () => {
  const spec = { steps: [{ name: "a", weight: 1 }], analysis: {} };
  const read = readPolicy(policy("RolloutPolicy", spec, "strict", "shop"));
  expect(read).toMatchObject({ source: "RolloutPolicy/strict", namespace: "shop", selector: undefined });
  expect(read?.spec).toEqual({
    ok: true,
    value: { steps: [{ name: "a", weight: 1, observe: "5m" }], analysis: {} },
  });
});

test.each([undefined, null, "text", [], { kind: "Rollout" }])("%j is no policy", (object) =>
  expect(readPolicy(object)).toBeUndefined(),
);
