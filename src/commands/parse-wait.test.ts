import { expect, test } from "vitest";
import { parseWait } from "./parse-wait.ts";

test.each([
  ["500ms", 500],
  ["10s", 10_000],
  ["2h", 7_200_000],
  ["1h30m", 5_400_000],
])("%s is as long as in the kinds", (text, ms) => {
  expect(parseWait(text)).toBe(ms);
});

test("what is no duration is met with some that are", () => {
  expect(() => parseWait("90")).toThrow(
    'Expected a duration such as "90s", "5m" or "1h30m", got "90" (did you mean "90s"?).',
  );
});
