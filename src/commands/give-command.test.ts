import { expect, test } from "vitest";
import type { Verb } from "../api/phase.ts";
import type { Command } from "../api/run.ts";
import { type House, openHouse } from "../controller/fixture.test-helper.ts";
import { ApiError } from "../kube/errors.ts";
import { listRuns } from "./find-rollout.ts";
import { appendCommand, awaitOutcome, commandId, type Outcome } from "./give-command.ts";

const TIMES_OUT_MS = 10_000;

/** A shop whose first bad or good release is under way. */
async function releasing(tag: string) {
  const house = await openHouse();
  const term = await house.start();
  await house.until("adopted", () => house.rolloutStatus().phase === "Healthy");
  await house.ship(tag);
  return { house, term };
}

async function newest(house: House) {
  const where = { api: house.alice, namespace: "shop", server: "" };
  const [run] = (await listRuns(where, "checkout")).runs;
  if (run === undefined) throw new Error("there is no run");
  return { where, run };
}

async function give(house: House, verb: Verb, step?: string): Promise<Outcome> {
  const { where, run } = await newest(house);
  const command: Command = {
    id: commandId(verb, crypto.randomUUID()),
    verb,
    by: "alice",
    ...(step === undefined ? {} : { step }),
  };
  const given = await appendCommand(house.alice, run, command);
  let outcome: Outcome | undefined;
  const waiting = awaitOutcome(where, house.clock, given, command.id, TIMES_OUT_MS).then((found) => {
    outcome = found;
  });
  await house.until(`an answer to ${verb}`, () => outcome !== undefined, TIMES_OUT_MS + 1000);
  await waiting;
  return outcome ?? { kind: "unanswered" };
}

test("a command that is taken is answered with the transition that it made", async () => {
  const { house, term } = await releasing("v2");
  await house.untilPhase("Observing");
  expect(await give(house, "pause")).toEqual({
    kind: "accepted",
    message: expect.stringMatching(/^checkout-1: Observing → Paused: pause by alice/),
  });
  expect(await give(house, "resume")).toMatchObject({
    kind: "accepted",
    message: expect.stringContaining("resume by alice"),
  });
  await term.stop();
});

test("a command that the state does not take is answered with why", async () => {
  const { house, term } = await releasing("v2");
  await house.untilPhase("Observing");
  expect(await give(house, "undo")).toMatchObject({
    kind: "refused",
    message: expect.stringContaining("undo by alice: refused in Observing"),
  });
  expect(await give(house, "skip", "all")).toMatchObject({
    kind: "refused",
    message: expect.stringContaining("the step at hand is first"),
  });
  await term.stop();
});

test("commands that others gave stay", async () => {
  const { house, term } = await releasing("v2");
  await house.untilPhase("Observing");
  const { run } = await newest(house);
  await Promise.all(
    ["a", "b"].map((id) => appendCommand(house.alice, run, { id, verb: "approve", step: "first", by: id })),
  );
  expect((await newest(house)).run.spec.commands.map(({ id }) => id)).toEqual(["a", "b"]);
  await term.stop();
});

test("retry of a run that has ended is answered by the run that begins", async () => {
  const { house, term } = await releasing("v2-errors");
  expect(await house.untilEnd(1)).toBe("RolledBack");
  expect(await give(house, "retry")).toEqual({ kind: "accepted", message: "checkout-2 has begun (Retry)" });
  await term.stop();
});

test("with no controller a command is recorded and not answered", async () => {
  const { house, term } = await releasing("v2");
  await house.untilPhase("Observing");
  await term.stop();
  expect(await give(house, "pause")).toEqual({ kind: "unanswered" });
});

test("a run of the same name that is another is left alone", async () => {
  const { house, term } = await releasing("v2");
  await house.untilPhase("Observing");
  const { run } = await newest(house);
  await expect(
    appendCommand(house.alice, { ...run, uid: "another" }, { id: "x", verb: "abort", by: "alice" }),
  ).rejects.toThrow(ApiError);
  expect((await newest(house)).run.spec.commands).toEqual([]);
  await term.stop();
});
