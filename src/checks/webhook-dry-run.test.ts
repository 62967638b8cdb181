import { expect, test } from "vitest";
import { said, without, world } from "./fixture.ts";
import { webhookDryRun } from "./webhook-dry-run.ts";

test("weights that are accepted pass", () => {
  const dryRun = [10, 30, 100].map((weight) => ({ object: "VirtualService shop/checkout", weight }));
  expect(webhookDryRun.run(world({ dryRun }))).toEqual([]);
});

test("refusals of one object for one reason are told together", () => {
  const object = "VirtualService shop/checkout";
  const error = "admission webhook denied the request: frozen";
  const dryRun = [
    { object, weight: 0.5, error },
    { object, weight: 10 },
    { object, weight: 30, error },
  ];
  expect(said(webhookDryRun.run(world({ dryRun })))).toEqual([
    `fail: ${object} cannot be written with the candidate at 0.5%, 30%: ${error}`,
  ]);
});

test("not having tried is said", () => {
  expect(said(webhookDryRun.run(without(world(), "dryRun")))).toEqual([
    expect.stringMatching(/^warn: .*were not tried/),
  ]);
});
