import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import type { Phase } from "../../../src/api/phase.ts";
import { openHouse, openKeptHouse } from "../../../src/controller/fixture.test-helper.ts";
import type { KubeObject } from "../../../src/kube/port.ts";
import { type HealthExpressions, judge, judgeOne } from "./judge.ts";
import type { Moment } from "./seen.ts";
import { everyPhase } from "./ways.ts";

const path = join(import.meta.dirname, "../../../examples/gitops/flux/kustomization.yaml");
const { spec } = parse(readFileSync(path, "utf8")) as {
  spec: { healthCheckExprs: (HealthExpressions & { kind: string })[] };
};

function expressionsFor(kind: string): HealthExpressions {
  const found = spec.healthCheckExprs.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`${path} has no health expression for ${kind}`);
  return found;
}

async function health(object: KubeObject | undefined): Promise<string | undefined> {
  if (object === undefined) throw new Error("there is no object");
  return (await judgeOne({ ask: "flux", object, expressions: expressionsFor(object.kind) })).status;
}

let phases: Map<Phase, Moment>;
beforeAll(async () => {
  phases = await everyPhase("none");
}, 300_000);

test.each<[Phase, string]>([
  ["Preflight", "InProgress"],
  ["Observing", "InProgress"],
  ["Waiting", "Current"],
  ["Paused", "Current"],
  ["Withdrawing", "InProgress"],
  ["RolledBack", "Failed"],
  ["Aborted", "Failed"],
  ["Promoted", "Current"],
])("Flux's health expression of the example sees a Rollout whose run is %s as %s", async (phase, status) => {
  expect(await health(phases.get(phase)?.rollout)).toBe(status);
});

test("it sees a Rollout that nobody has looked at as in progress", async () => {
  const house = await openHouse();
  expect(await health(house.object("rollouts.sluice.dev"))).toBe("InProgress");
});

test("it sees a Deployment that rests paused as current, which kstatus alone does not, and one with a new template as in progress", async () => {
  const house = await openKeptHouse({ hold: "none" });
  await house.clock.advance(5_000);
  const object = house.object("deployments.apps");
  expect(object?.["spec"]).toMatchObject({ paused: true });
  if (object === undefined) return;
  const [kstatus] = await judge([{ ask: "kstatus", object }]);
  expect([kstatus?.status, await health(object)]).toEqual(["InProgress", "Current"]);
  await house.ship("v2");
  expect(await health(house.object("deployments.apps"))).toBe("InProgress");
  await house.untilPhase("Observing");
  expect(await health(house.object("deployments.apps"))).toBe("InProgress");
});
