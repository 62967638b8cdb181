import { expect, test } from "vitest";
import { tableOf } from "./table.ts";

test("a row a case: how often it passed, and min, median and max of the seconds that there are", () => {
  const turns = [
    { title: "bad", turn: 1, passed: true, safeAfterMs: 2_000 },
    { title: "good", turn: 1, passed: true },
    { title: "bad", turn: 2, passed: true, safeAfterMs: 5_000 },
    { title: "bad", turn: 3, passed: false },
  ];
  expect(tableOf(turns).split("\n").slice(2)).toEqual([
    "| bad | 2 of 3 | 2.0 | 3.5 | 5.0 |",
    "| good | 1 of 1 |  |  |  |",
  ]);
});
