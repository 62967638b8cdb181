import { expect, test } from "vitest";
import { agoText, eText, limitText, percentText, requestsText } from "./wording.ts";

test("numbers read as people write them", () => {
  expect([0.52, 0.0951, 0.0025, 0, 1].map(percentText)).toEqual(["52.0 %", "9.5 %", "0.25 %", "0 %", "100.0 %"]);
  expect([0.02, 0.005, 0.07].map(limitText)).toEqual(["2 %", "0.5 %", "7 %"]);
  expect([3.14e6, 1000, 0.41, 12.3, 1e300].map(eText)).toEqual(["3.1e6", "1e3", "0.41", "12", "1e300"]);
  expect([-5, 45_000, 180_000, 3 * 3_600_000].map(agoText)).toEqual(["0 s", "45 s", "3 min", "3 h"]);
  expect([1, 98].map(requestsText)).toEqual(["1 request", "98 requests"]);
});
