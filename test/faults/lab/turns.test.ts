import { expect, test } from "vitest";
import { suites } from "./suites.ts";
import { turnsIn } from "./turns.ts";

test("a line a test of a suite that was asked for; what was skipped or failed has not passed", () => {
  const json = JSON.stringify({
    testResults: [
      {
        name: "/checkout/test/e2e/deletion.test.ts",
        status: "failed",
        assertionResults: [
          { title: "one", fullName: "one", status: "passed" },
          { title: "two", fullName: "two", status: "failed" },
          { title: "three", fullName: "three", status: "skipped" },
        ],
      },
      {
        name: "/checkout/test/e2e/other.test.ts",
        status: "passed",
        assertionResults: [{ title: "four", fullName: "four", status: "passed" }],
      },
    ],
  });
  expect(turnsIn(json, suites, 2, "/checkout")).toEqual([
    { title: "deletion: one", turn: 2, passed: true },
    { title: "deletion: two", turn: 2, passed: false },
    { title: "deletion: three", turn: 2, passed: false },
  ]);
});
