import { describe, expect, test } from "vitest";
import { badCases } from "../../test/contract/bad-rollouts.ts";
import { goodCases, lateCases } from "../../test/contract/good-rollouts.ts";
import { rollout } from "../../test/contract/manifests.ts";
import { validateRollout, validateStated } from "./validate.ts";

function problemsOf(object: unknown): string[] {
  const result = validateRollout(object);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe("takes", () => {
  test.each(goodCases)("$name", ({ spec }) => {
    expect(problemsOf(rollout(spec))).toEqual([]);
  });
});

describe("refuses, naming the field", () => {
  test.each(badCases)("$name", ({ spec, path, says }) => {
    const ofField = problemsOf(rollout(spec)).filter((problem) => problem.startsWith(`${path}: `));
    expect(ofField).toContainEqual(expect.stringMatching(says));
  });
});

describe("judged by what it states is not refused for what a policy may state", () => {
  test.each([...goodCases, ...lateCases])("$name", ({ spec }) => {
    expect(validateStated(rollout(spec))).toMatchObject({ ok: true });
  });

  test.each(lateCases)("but it is without one: $name", ({ spec, path, says }) => {
    const ofField = problemsOf(rollout(spec)).filter((problem) => problem.startsWith(`${path}: `));
    expect(ofField).toContainEqual(expect.stringMatching(says));
  });

  test.each(badCases)("but for what it states itself: $name", ({ spec, path, says }) => {
    const result = validateStated(rollout(spec));
    const problems = result.ok ? [] : result.problems;
    expect(problems.map((problem) => `${problem.path}: ${problem.message}`)).toContainEqual(
      expect.stringMatching(says),
    );
    expect(problems.map((problem) => problem.path)).toContain(path);
  });

  test("and gets no defaults that a policy could give", () => {
    const { steps, promotion, analysis, windows, notifications } = stated();
    expect([steps, promotion, analysis, windows, notifications]).toEqual(Array.from({ length: 5 }, () => undefined));
    expect(stated()).toMatchObject({ suspend: false, historyLimit: 10, workload: { kind: "Deployment" } });
  });
});

function stated() {
  const result = validateStated(rollout({}));
  if (!result.ok) throw new Error("the two-line Rollout is refused");
  return result.spec;
}

test("fills in every default of the two-line Rollout", () => {
  const result = validateRollout(rollout({}));
  expect(result).toMatchObject({
    ok: true,
    spec: {
      workload: { apiVersion: "apps/v1", kind: "Deployment" },
      traffic: {
        settle: "15s",
        unmanagedCallers: "Refuse",
        istio: { subsets: { stable: "stable", canary: "canary" } },
      },
      steps: [
        { name: "first", weight: 10, observe: "5m" },
        { name: "third", weight: 30, observe: "5m" },
      ],
      promotion: { ramp: [50, 100], observe: "1m", keepPrevious: "10m" },
      analysis: { interval: "10s", onBreach: "Rollback", onInconclusive: { hold: "15m", then: "Pause" } },
    },
  });
});

test("reports every problem at once", () => {
  const problems = problemsOf(
    rollout({ suspend: "no", historyLimit: 0, progressDeadline: 5, steps: [{ name: "a", weight: 200 }] }),
  );
  expect(problems.map((problem) => problem.split(": ")[0])).toEqual([
    "spec.steps[0].weight",
    "spec.progressDeadline",
    "spec.suspend",
    "spec.historyLimit",
  ]);
});

test("says where a field belongs that stands one level too high", () => {
  expect(problemsOf({ ...rollout({}), steps: [] })).toEqual([
    'steps: there is no field "steps"; "steps" belongs under spec',
  ]);
});

test("asks for the apiVersion that it knows", () => {
  expect(problemsOf({ ...rollout({}), apiVersion: "sluice.dev/v2" })).toEqual([
    'apiVersion: expected "sluice.dev/v1alpha1", got "sluice.dev/v2"',
  ]);
});

test("refuses a name that is too long for a label made from it", () => {
  expect(problemsOf(rollout({}, "x".repeat(53)))[0]).toContain("metadata.name: expected at most 52 characters");
  expect(problemsOf(rollout({}, "x".repeat(52)))).toEqual([]);
});

test.each([undefined, null, "text", 5, [], [{}]])("refuses %j without falling over it", (object) => {
  expect(problemsOf(object)).toHaveLength(1);
});

test("asks for everything of an empty object", () => {
  expect(problemsOf({}).map((problem) => problem.split(": ")[0])).toEqual([
    "apiVersion",
    "kind",
    "metadata.name",
    "spec",
  ]);
});
