import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PHASES, type Phase, type State, VERBS, type Verb } from "../../../src/api/phase.ts";
import { cellOf } from "../../../src/engine/table.ts";
import { type House, openKeptHouse } from "../../../src/controller/fixture.test-helper.ts";
import { readRun } from "../../../src/controller/read.ts";
import { rolloutRuns } from "../../../src/controller/resources.ts";
import type { KubeObject } from "../../../src/kube/port.ts";
import { ACTIONS, HEALTH, judgeOne } from "./judge.ts";
import type { Moment } from "./seen.ts";
import { everyPhase } from "./ways.ts";

type Offered = Record<Verb, { disabled: boolean }>;

async function offered(run: KubeObject): Promise<Verb[]> {
  const { returned } = await judgeOne({ ask: "lua", object: run, script: ACTIONS["discovery.lua"] });
  const all = returned as Offered;
  expect(Object.keys(all).toSorted()).toEqual([...VERBS].toSorted());
  return VERBS.filter((verb) => !all[verb].disabled);
}

/** What Argo CD does on a click: runs the script and sends the difference as a merge patch. */
async function click(house: House, verb: Verb): Promise<void> {
  const run = runOf(house);
  const script = ACTIONS.definitions.find(({ name }) => name === verb)?.["action.lua"] ?? "";
  const { patch } = await judgeOne({ ask: "lua", object: run, script });
  expect(patch).toEqual({ spec: { commands: expect.any(Array) as unknown } });
  const { namespace = "", name } = run.metadata;
  await house.alice.patch(rolloutRuns, { namespace, name }, { type: "merge", patch: patch ?? {} });
}

function runOf(house: House): KubeObject {
  const run = house.object("rolloutruns.sluice.dev", house.run()?.name);
  if (run === undefined) throw new Error("there is no run");
  return run;
}

let phases: Map<Phase, Moment>;
beforeAll(async () => {
  phases = await everyPhase("policy");
}, 300_000);

const isState = (phase: Phase): phase is State => !["Promoted", "RolledBack", "Aborted", "Superseded"].includes(phase);

describe("Argo CD offers a run", () => {
  test.each(PHASES.filter(isState))("in %s no command that the state machine refuses", async (phase) => {
    const run = phases.get(phase)?.run;
    if (run === undefined) throw new Error(`no run came through ${phase}`);
    const verbs = await offered(run);
    expect(verbs.filter((verb) => ["refuse", "cannot"].includes(cellOf(phase, verb).kind))).toEqual([]);
    if (phase === "Paused") expect(verbs).toEqual(["resume", "abort"]);
  });

  test.each<[Phase, Verb[]]>([
    ["RolledBack", ["retry"]],
    ["Aborted", ["retry"]],
    ["Promoted", ["undo"]],
    ["Superseded", []],
  ])("that has ended %s %j", async (phase, verbs) => {
    const run = phases.get(phase)?.run;
    if (run === undefined) throw new Error(`no run ended ${phase}`);
    expect(await offered(run)).toEqual(verbs);
  });
});

describe("a click in Argo CD", () => {
  let house: House;
  beforeAll(async () => {
    house = await openKeptHouse({ spec: { steps: [{ name: "first", weight: 10, observe: "30s", approval: {} }] } });
    await house.ship("v2");
  });
  afterAll(() => house.sim.stop());

  const accepted = (event: string) => house.run()?.status.transitions.some((record) => record.event === event) === true;

  test("pauses a run, resumes it and skips its step: each a command that is carried out", async () => {
    await house.untilPhase("Observing");
    await click(house, "pause");
    await house.untilPhase("Paused");
    await click(house, "resume");
    await house.until("it goes on", () => accepted("resume") && house.phase() === "Observing");
    await click(house, "skip");
    await house.until("the step is skipped", () => accepted("skip"));
    await house.untilEnd();
    const { commands } = readRun(runOf(house))?.spec ?? { commands: [] };
    expect(commands.map(({ id }) => id)).toEqual(["argocd-pause-1", "argocd-resume-2", "argocd-skip-3"]);
    expect(house.phase()).toBe("Promoted");
  });

  test("gives the approval that a run waits for", async () => {
    await house.ship("v3");
    await house.untilPhase("Waiting", 2);
    await house.until(
      "it waits for the approval",
      () => house.phase(2) === "Waiting" && house.run(2)?.status.step === 1,
    );
    expect(await offered(runOf(house))).toEqual(["approve", "pause", "promote", "abort"]);
    await click(house, "approve");
    await house.until("it goes on", () => house.phase(2) !== "Waiting");
    expect(house.run(2)?.status.approved).toEqual(["first"]);
  });

  test("made twice in one moment is one command", async () => {
    await house.ship("v4");
    await house.untilPhase("Observing", 3);
    const run = runOf(house);
    const script = ACTIONS.definitions.find(({ name }) => name === "abort")?.["action.lua"] ?? "";
    const { patch = {} } = await judgeOne({ ask: "lua", object: run, script });
    const { namespace = "", name } = run.metadata;
    for (let clicks = 0; clicks < 2; clicks++)
      await house.alice.patch(rolloutRuns, { namespace, name }, { type: "merge", patch });
    expect(await house.untilEnd(3)).toBe("Aborted");
    expect(house.run(3)?.spec.commands).toHaveLength(1);
  });
});

test.each<[Phase, string]>([
  ["Waiting", "Suspended"],
  ["Observing", "Progressing"],
  ["Paused", "Suspended"],
  ["Withdrawing", "Progressing"],
  ["Promoted", "Healthy"],
  ["RolledBack", "Degraded"],
  ["Aborted", "Degraded"],
])("a run that is %s is shown as %s", async (phase, status) => {
  const object = phases.get(phase)?.run;
  if (object === undefined) throw new Error(`no run came through ${phase}`);
  expect(await judgeOne({ ask: "lua", object, script: HEALTH.run })).toMatchObject({ status });
});
