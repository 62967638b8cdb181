import { expect, test } from "vitest";
import { ageOf, columns, cutTo } from "./table.ts";

test("columns are as wide as their widest cell, and lines end without blanks", () => {
  expect(
    columns([
      ["a", "bb", "c"],
      ["aaa", "b", ""],
    ]),
  ).toEqual(["a    bb  c", "aaa  b"]);
});

test("a line is cut to a terminal's width, and only there", () => {
  expect(cutTo("abcdef", 4)).toBe("abc…");
  expect(cutTo("abcd", 4)).toBe("abcd");
  expect(cutTo("abcdef", undefined)).toBe("abcdef");
});

test.each([
  [0, "0s"],
  [119, "119s"],
  [120, "2m"],
  [7200, "2h"],
  [172_800, "2d"],
  [-5, "0s"],
])("%i seconds are %s", (seconds, expected) => {
  const now = Date.UTC(2026, 0, 1);
  expect(ageOf(new Date(now - seconds * 1000).toISOString(), now)).toBe(expected);
});

test("no time has no age", () => {
  expect(ageOf(undefined, 0)).toBe("-");
  expect(ageOf("yesterday", 0)).toBe("-");
});
