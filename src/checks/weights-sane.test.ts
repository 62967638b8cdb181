import { expect, test } from "vitest";
import { plainRoute, routed, said, splitRoute, world } from "./fixture.ts";
import { weightsSane } from "./weights-sane.ts";

const run = (route: Record<string, unknown>) => said(weightsSane.run(world({ virtualServices: [routed(route)] })));
const weighing = (weight: number) => ({ ...plainRoute, route: [{ ...plainRoute.route[0], weight }] });

test.each([
  ["plain form without a weight", plainRoute],
  ["plain form with 100", weighing(100)],
  ["split form at 100 and 0", splitRoute()],
])("%s passes", (_, route) => {
  expect(run(route)).toEqual([]);
});

test.each([
  ["a negative weight", splitRoute(101, -1), /^fail: .*subset canary weight -1/],
  ["weights that add up to 0", splitRoute(0, 0), /^fail: .*add up to 0/],
  ["weights that add up to something else", splitRoute(99, 0), /^warn: .*add up to 99, not 100/],
  ["a candidate with users at rest", splitRoute(90, 10), /^warn: .*rests with weight 10 on subset canary/],
  ["a single destination with 0", weighing(0), /^fail: .*its only destination weight 0/],
])("%s is told", (_, route, message) => {
  expect(run(route)).toEqual([expect.stringMatching(message)]);
});
