import { expect, test } from "vitest";
import { createExcess } from "./excess.ts";

test("begins with the reading that is over the limit, goes on while all of it is, and ends when it is not", () => {
  const excess = createExcess(0.05);
  const add = (bad: number, total: number, fromMs: number) => {
    excess.add(bad, total, fromMs);
    return excess.span;
  };
  expect(add(1, 100, 0)).toBeUndefined();
  expect(add(20, 100, 1_000)).toEqual({ bad: 20, total: 100, fromMs: 1_000 });
  expect(add(0, 100, 2_000)).toEqual({ bad: 20, total: 200, fromMs: 1_000 });
  expect(add(0, 200, 3_000)).toBeUndefined();
  expect(add(6, 100, 4_000)).toEqual({ bad: 6, total: 100, fromMs: 4_000 });
});
