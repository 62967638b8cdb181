import { describe, expect, test } from "vitest";
import { OUTCOMES, STATES, type State } from "../api/phase.ts";
import type { Cell } from "./cell.ts";
import { COMMAND_EVENTS, EVENTS, EVIDENCE_EVENTS, PROGRESS_EVENTS, WORLD_EVENTS } from "./event.ts";
import { TABLE, cellOf } from "./table.ts";

const cells = STATES.flatMap((state) => EVENTS.map((event) => ({ state, event, cell: cellOf(state, event) })));
const KINDS: readonly Cell["kind"][] = ["stay", "later", "refuse", "cannot", "go"];
const TARGETS: readonly string[] = [...STATES, ...OUTCOMES, "byEnd", "="];

describe("the table", () => {
  test("answers every event in every state", () => {
    expect(Object.keys(TABLE).toSorted()).toEqual([...STATES].toSorted());
    expect(cells).toHaveLength(STATES.length * EVENTS.length);
    for (const { state, event, cell } of cells) expect(KINDS, `${state} × ${event}`).toContain(cell?.kind);
  });

  test.each(STATES)("%s spells out evidence, commands and the world, and leaves no event to chance", (state) => {
    const row = TABLE[state] as Record<string, Cell>;
    for (const event of [...EVIDENCE_EVENTS, ...COMMAND_EVENTS, ...WORLD_EVENTS])
      expect(row, `${state} × ${event}`).toHaveProperty(event);
    expect(Object.keys(row).filter((event) => !(EVENTS as readonly string[]).includes(event))).toEqual([]);
  });

  test("goes only to states that there are", () => {
    for (const { state, event, cell } of cells)
      if (cell.kind === "go") expect(TARGETS, `${state} × ${event}`).toContain(cell.to);
  });

  test("has a sentence for every refusal", () => {
    for (const { state, event, cell } of cells) {
      if (cell.kind !== "refuse") continue;
      expect(cell.say.split(" ").length, `${state} × ${event}: ${cell.say}`).toBeGreaterThan(2);
      expect(COMMAND_EVENTS as readonly string[], `${state} × ${event}`).toContain(event);
    }
  });

  test("puts off only commands, and only where a later state on the way, or the end, takes them", () => {
    const put = cells.filter(({ cell }) => cell.kind === "later");
    expect(put.map(({ state, event }) => `${state} ${event}`)).toEqual([
      "Fencing promote",
      "Fencing skip",
      "Shifting promote",
      "Shifting skip",
      "Converging undo",
      "Joining undo",
    ]);
    for (const event of ["promote", "skip"] as const)
      for (const state of ["Scaling", "Observing"] as const) expect(cellOf(state, event).kind).toBe("go");
  });

  test("has a way on from every state by its own work", () => {
    for (const state of STATES) {
      if (state === "Paused") continue;
      const ways = PROGRESS_EVENTS.filter((event) => cellOf(state, event).kind === "go");
      expect(ways.length, state).toBeGreaterThan(0);
    }
    expect(cellOf("Paused", "resume")).toMatchObject({ to: "Fencing", acknowledge: true });
  });

  test("reaches every state and every outcome from preflight", () => {
    const reached = new Set<string>(["Preflight"]);
    for (const state of reached) {
      if (!(STATES as readonly string[]).includes(state)) continue;
      for (const event of EVENTS) {
        const cell = cellOf(state as State, event);
        if (cell.kind !== "go" || cell.to === "=") continue;
        for (const to of cell.to === "byEnd" ? OUTCOMES.filter((outcome) => outcome !== "Promoted") : [cell.to])
          reached.add(to);
      }
    }
    expect([...reached].toSorted()).toEqual([...STATES, ...OUTCOMES].toSorted());
  });

  test("gives a reason for the end wherever it leads back", () => {
    const back = ["Withdrawing", "Undoing", "Releasing", "Aborted", "Superseded", "RolledBack"];
    for (const { state, event, cell } of cells) {
      if (cell.kind !== "go" || !back.includes(cell.to)) continue;
      expect(cell.end, `${state} × ${event}`).toBeDefined();
    }
    for (const { state, event, cell } of cells)
      if (cell.kind === "go" && cell.to === "Paused") expect(cell.pause, `${state} × ${event}`).toBeDefined();
  });

  test("never goes up from a state that takes users back", () => {
    const down: readonly string[] = ["Undoing", "Withdrawing", "Draining", "Releasing", "byEnd", "="];
    for (const { state, event, cell } of cells) {
      if (!["Undoing", "Withdrawing", "Draining", "Releasing"].includes(state) || cell.kind !== "go") continue;
      // Users are on the twin and stay on it.
      if (state === "Releasing" && event === "newTemplate") continue;
      expect(down, `${state} × ${event}`).toContain(cell.to);
    }
  });

  test("takes breach, abort, a newer template and deletion in every state", () => {
    for (const state of STATES) {
      for (const event of ["breachRollback", "abort", "newTemplate", "deleted"] as const) {
        if (state === "Preflight" && event === "breachRollback") continue;
        expect(cellOf(state, event).kind, `${state} × ${event}`).not.toBe("cannot");
      }
    }
  });
});
