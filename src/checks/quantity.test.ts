import { expect, test } from "vitest";
import { formatQuantity, parseQuantity } from "./quantity.ts";

test.each([
  ["250m", 0.25],
  ["2", 2],
  [3, 3],
  ["1.5", 1.5],
  [".5", 0.5],
  ["64Mi", 67_108_864],
  ["1k", 1000],
  ["1e3", 1000],
  ["100n", 1e-7],
  ["1E", 1e18],
])("%s is %d", (text, value) => {
  expect(parseQuantity(text)).toBeCloseTo(value, 12);
});

test.each(["", "Mi", "1 Gi", "1KiB", "one", null, undefined])("%s is no quantity", (text) => {
  expect(parseQuantity(text)).toBeUndefined();
});

test.each([
  [0.1 + 0.2, "0.3"],
  [4, "4"],
  [192 * 2 ** 20, "192Mi"],
  [2 ** 31, "2Gi"],
  [1500, "1500"],
])("%d reads %s", (value, text) => {
  expect(formatQuantity(value)).toBe(text);
});
