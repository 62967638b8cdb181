import { expect, test } from "vitest";
import { CpuUse } from "./cpu-use.ts";

test("CPU follows what a pod answers, over the last seconds", () => {
  const use = new CpuUse();
  expect(use.millicores).toBeUndefined();
  use.sample(0, 0);
  expect(use.millicores).toBeUndefined();
  use.sample(20, 1_000);
  expect(use.millicores).toBe(201);
  for (let second = 2; second <= 10; second++) use.sample(20, second * 1_000);
  expect(use.millicores).toBe(1);
});
