import { expect, test } from "vitest";
import { HOST, plainRoute, rollout, routed, said, world } from "./fixture.ts";
import { soleOwner } from "./sole-owner.ts";
import type { RolloutFacts } from "./types.ts";

const OLDER = { name: "first", uid: "rollout-first", creationTimestamp: "2026-01-01T00:00:00Z" };
const run = (...others: RolloutFacts[]) => said(soleOwner.run(world({ rollouts: [rollout(), ...others] })));

test("a Rollout alone passes", () => {
  expect(run()).toEqual([]);
});

test("an older one with the same workload and route wins, and both are named", () => {
  expect(run(rollout({}, OLDER))).toEqual([
    expect.stringMatching(
      /^fail: Rollout shop\/first, made 2026-01-01T00:00:00Z, already has Deployment shop\/checkout, Service shop\/checkout and VirtualService shop\/checkout spec\.http\[0\] "main"/,
    ),
  ]);
});

test("a younger one is the one that must give way", () => {
  expect(run(rollout({}, { ...OLDER, creationTimestamp: "2026-02-01T00:00:00Z" }))).toEqual([]);
});

test("of two made in the same second exactly one gives way", () => {
  const twin = rollout({}, { name: "b", uid: "b" });
  const whole = { rollouts: [rollout(), twin] };
  const counts = [rollout(), twin].map((each) => soleOwner.run(world({ ...whole, rollout: each })).length);
  expect(counts.toSorted()).toEqual([0, 1]);
});

test("one Service for two workloads is a conflict, two routes of one VirtualService are not", () => {
  const traffic = { service: "checkout", istio: { virtualServices: [{ name: "edge" }] } };
  expect(run(rollout({ workload: { name: "v2" }, traffic }, OLDER))).toEqual([
    expect.stringContaining("already has Service shop/checkout,"),
  ]);
  const docs = { name: "docs", route: [{ destination: { host: "docs" } }] };
  const other = rollout(
    { workload: { name: "docs" }, traffic: { istio: { virtualServices: [{ name: "checkout" }] } } },
    { ...OLDER, serviceHost: HOST.replace("checkout", "docs") },
  );
  const rollouts = [rollout(), other];
  expect(soleOwner.run(world({ rollouts, virtualServices: [routed(plainRoute, docs)] }))).toEqual([]);
});

test("in files, where nothing has an age, both are named", () => {
  const inFile = (name: string) => rollout({}, { name, uid: `shop/${name}`, creationTimestamp: "" });
  const rollouts = [inFile("checkout"), inFile("first")];
  const told = rollouts.flatMap((each) => said(soleOwner.run(world({ rollout: each, rollouts }))));
  expect(told).toEqual([
    expect.stringMatching(/^fail: Rollouts shop\/checkout and shop\/first both claim Deployment shop\/checkout,/),
  ]);
});
