import { expect, test } from "vitest";
import { ageOf, columns, cutTo, wrapTo } from "./table.ts";

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

test("a text is broken between words, and a word that is too long is cut", () => {
  expect(wrapTo("one two  three\nfour", 9)).toEqual(["one two", "three", "four"]);
  expect(wrapTo("one unbreakable", 8)).toEqual(["one", "unbreak…"]);
  expect(wrapTo("one  two\nthree", undefined)).toEqual(["one two three"]);
  expect(wrapTo("", 8)).toEqual([]);
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
