import { expect, test } from "vitest";
import { rollout, said, world } from "./fixture.ts";
import { thresholdOnBucket } from "./threshold-on-bucket.ts";

const limited = (max: string) =>
  world({ rollout: rollout({ analysis: { objectives: [{ name: "latency", latency: { max } }] } }) });

test.each(["500ms", "1s", "2s500ms"])("%s is a bound", (max) => {
  expect(thresholdOnBucket.run(limited(max))).toEqual([]);
});

test("a limit between two bounds is judged at the lower one, and both are offered", () => {
  const [finding] = thresholdOnBucket.run(limited("300ms"));
  expect(said(finding === undefined ? [] : [finding])).toEqual([
    "warn: spec.analysis.objectives[0].latency.max (latency) is 300ms, which is no bound of the histogram: it is judged at 250ms.",
  ]);
  expect(finding?.remedy).toContain("Set it to 250ms or 500ms");
});

test("beyond the last bound, the last one is used", () => {
  expect(said(thresholdOnBucket.run(limited("1h")))).toEqual([expect.stringContaining("judged at 2s500ms")]);
});

test("below the first bound the first is used, which is laxer; without bounds nothing can be", () => {
  const bounds = { ...limited("3ms"), latencyBoundsMs: [5, 10] };
  expect(said(thresholdOnBucket.run(bounds))).toEqual([expect.stringContaining("judged at 5ms, which is laxer")]);
  expect(said(thresholdOnBucket.run({ ...bounds, latencyBoundsMs: [] }))).toEqual([
    expect.stringContaining("no bounds at all"),
  ]);
});
