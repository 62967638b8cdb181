import { describe, expect, test } from "vitest";
import { behaviourOf, imageTag, seededRandom } from "./behaviour.ts";

describe("behaviourOf", () => {
  test("is healthy for a tag that says nothing", () => {
    expect(behaviourOf({ name: "app", image: "shop/checkout:v1" })).toMatchObject({
      errorFraction: 0,
      slowFraction: 0,
      crashLoop: false,
      neverReady: false,
    });
  });

  test.each([
    ["v2-errors50", { errorFraction: 0.5 }],
    ["v2-errors", { errorFraction: 1 }],
    ["v2-slow", { slowFraction: 1, slowMs: 700 }],
    ["v2-slow20-errors3", { slowFraction: 0.2, errorFraction: 0.03 }],
    ["v2-latency30", { latencyMs: 30 }],
    ["v2-start3000", { startDelayMs: 3_000 }],
    ["v2-crash", { crashLoop: true }],
    ["v2-neverready", { neverReady: true }],
  ])("reads the tag %s", (tag, expected) => {
    expect(behaviourOf({ name: "app", image: `localhost:5000/shop/checkout:${tag}` })).toMatchObject(expected);
  });

  test("lets the environment win over the tag", () => {
    const env = [
      { name: "ERROR_RATE", value: "0.25" },
      { name: "CRASH_LOOP", value: "false" },
    ];
    const behaviour = behaviourOf({ name: "app", image: "checkout:v2-errors-crash", env });
    expect(behaviour).toMatchObject({ errorFraction: 0.25, crashLoop: false });
  });
});

test("imageTag takes neither a registry's port nor a digest for a tag", () => {
  expect(imageTag("localhost:5000/checkout")).toBe("latest");
  expect(imageTag("checkout:v1@sha256:abc")).toBe("v1");
  expect(imageTag(undefined)).toBe("latest");
});

test("seededRandom repeats itself for one seed, differs between seeds, and is even", () => {
  const draw = (seed: string) => Array.from({ length: 10_000 }, seededRandom(seed));
  expect(draw("a")).toEqual(draw("a"));
  expect(draw("a")).not.toEqual(draw("b"));
  const below = draw("a").filter((value) => value < 0.1).length;
  expect(below).toBeGreaterThan(880);
  expect(below).toBeLessThan(1_120);
});
