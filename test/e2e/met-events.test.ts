import { expect, test } from "vitest";
import { EVENTS } from "../../src/engine/event.ts";
import { readMet, tellMet } from "./met-events.ts";

test("tells in which states an event changed a run, and which events changed none", () => {
  const met = readMet(
    '{"event":"fenced","state":"Fencing"}\n{"event":"abort","state":"Paused"}\n{"event":"abort","state":"Observing"}\n',
  );
  const { lines, missing } = tellMet(met);
  expect(lines).toContain("abort                Observing, Paused");
  expect(lines).toContain("quiet                in no state");
  expect(missing).toEqual(EVENTS.filter((event) => event !== "fenced" && event !== "abort"));
  expect(tellMet(EVENTS.map((event) => ({ event, state: "Observing" }))).missing).toEqual([]);
});
