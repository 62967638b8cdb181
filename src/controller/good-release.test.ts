import { describe, expect, test } from "vitest";
import { openKeptHouse } from "./fixture.test-helper.ts";

describe.each([
  { hold: "policy", form: "plain", sourceLabels: "istio" },
  { hold: "none", form: "plain", sourceLabels: "istio" },
  { hold: "policy", form: "split", sourceLabels: "istio" },
  { hold: "policy", form: "plain", sourceLabels: "envoy" },
] as const)("a good release (hold $hold, $form form, $sourceLabels labels)", (options) => {
  test("meets users step by step, fails nobody, and leaves the user's objects as they were", async () => {
    const house = await openKeptHouse({
      ...options,
      spec: {
        steps: [
          { name: "first", weight: 10, observe: "3s" },
          { name: "third", weight: 30, observe: "3s" },
        ],
      },
    });
    const before = house.userObjects();
    const shippedMs = house.clock.now();
    await house.ship("v2");
    const weights: number[] = [];
    house.sim.store.onChange("virtualservices.networking.istio.io", ({ object }) => {
      const spec = object["spec"] as { http: { route: { weight?: number }[] }[] };
      weights.push(spec.http[0]?.route[1]?.weight ?? 0);
    });
    expect(await house.untilEnd(1)).toBe("Promoted");
    expect([...new Set(weights.filter((weight) => weight > 0))]).toEqual([10, 30, 100]);
    const promotedMs = house.clock.now();
    await house.clock.advance(5_000);
    const seen = house.sim.users.summary({ fromMs: shippedMs });
    expect(seen.failed).toBe(0);
    expect(house.versionsSince(promotedMs)).toEqual(["v2"]);
    expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
    expect(house.userObjects()).toEqual(withImage(before, "v2"));
    expect(house.rolloutStatus()).toMatchObject({ phase: "Healthy", lastRun: "checkout-1" });
    await house.term.stop();
  });
});

/** The Deployment as it was, but for the one thing that its user changed. */
function withImage(objects: string, tag: string): string {
  return objects.replace("shop/checkout:v1", `shop/checkout:${tag}`);
}
