import { expect, test } from "vitest";
import { CommandFailure } from "./failure.ts";
import { parseNamed } from "./named-values.ts";

test("a bare value is the default one, and a name stands before the first =", () => {
  expect([...parseNamed("--prometheus", ["http://a:9090/?x=1", "payments=https://b/?y=2"])]).toEqual([
    ["default", "http://a:9090/?x=1"],
    ["payments", "https://b/?y=2"],
  ]);
});

test("the same name twice is a mistake", () => {
  expect(() => parseNamed("--prometheus", ["http://a", "default=http://b"])).toThrow(
    '--prometheus is given twice for "default"',
  );
});

test("a name without a value is a mistake of usage", () => {
  try {
    parseNamed("--prometheus", ["a="]);
    expect.unreachable();
  } catch (error) {
    expect((error as CommandFailure).exitCode).toBe(2);
  }
});
