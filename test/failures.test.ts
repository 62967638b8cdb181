import { expect, test } from "vitest";
import { failuresOf } from "./failures.ts";
import { readVitestReport } from "./vitest-report.ts";

const inGroup = (title: string) => ({ title, fullName: `group ${title}` });

const report = readVitestReport(
  JSON.stringify({
    testResults: [
      {
        name: "/checkout/src/a.test.ts",
        status: "failed",
        message: "",
        assertionResults: [
          { ...inGroup("one"), status: "passed", failureMessages: [] },
          {
            ...inGroup("two"),
            status: "failed",
            failureMessages: ["AssertionError: 3 is not 4\n\n    at /checkout/src/a.test.ts:7:3"],
          },
          { ...inGroup("three"), status: "pending" },
        ],
      },
      { name: "/checkout/src/b.test.ts", status: "failed", message: "it does not load", assertionResults: [] },
      {
        name: "/checkout/src/c.test.ts",
        status: "passed",
        assertionResults: [{ ...inGroup("four"), status: "passed" }],
      },
    ],
  }),
  "/checkout",
);

test("names what failed or was skipped, by stage, file and title, with the message but not the stack", () => {
  expect(failuresOf("unit", report)).toEqual([
    "unit: src/a.test.ts > group two\n    AssertionError: 3 is not 4",
    "unit: src/a.test.ts > group three\n    skipped, which counts as failed",
    "unit: src/b.test.ts\n    it does not load",
  ]);
});

test("shows no more than the beginning of a long message", () => {
  const message = Array.from({ length: 500 }, (_, at) => `line ${at}`).join("\n");
  const [only = ""] = failuresOf("e2e", { tests: [], brokenFiles: [{ file: "x.test.ts", message }] });
  expect(only.split("\n")).toHaveLength(13);
});
