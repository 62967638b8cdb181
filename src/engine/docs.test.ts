import { describe, expect, test } from "vitest";
import { OUTCOMES, PHASES, STATES } from "../api/phase.ts";
import { cannot, go, later, refuse, stay } from "./cell.ts";
import { cellText, machineMarkdown } from "./docs.ts";
import { EVENTS, PROGRESS_EVENTS } from "./event.ts";
import { cellOf } from "./table.ts";

const text = machineMarkdown();
const lines = text.split("\n");

describe("the machine's reference", () => {
  test("is the same every time, and ends in a newline", () => {
    expect(machineMarkdown()).toBe(text);
    expect(text.endsWith("|\n")).toBe(true);
    expect(text).not.toMatch(/undefined|\[object/);
  });

  test("names every state, outcome and event", () => {
    for (const word of [...PHASES, ...EVENTS]) expect(text).toContain(word);
  });

  test("has a row for every state in each table of events, as wide as its head", () => {
    const heads = lines.flatMap((line, i) => (line.startsWith("| state | `") ? [i] : []));
    expect(heads).toHaveLength(4);
    for (const head of heads) {
      const width = (line: string | undefined) => line?.replaceAll("\\|", "").split("|").length;
      STATES.forEach((state, i) => {
        const row = lines[head + 2 + i];
        expect(row).toMatch(new RegExp(`^\\| ${state} \\|`));
        expect(width(row)).toBe(width(lines[head]));
      });
    }
  });

  test("draws every step of a state's own work", () => {
    for (const from of STATES)
      for (const event of PROGRESS_EVENTS) {
        const cell = cellOf(from, event);
        if (cell.kind !== "go") continue;
        const ends = cell.to === "byEnd" ? OUTCOMES.filter((outcome) => outcome !== "Promoted") : [cell.to];
        for (const to of ends) {
          const arrow = event === "labelsApplied" ? "BeforeTheSwap --> AfterTheSwap" : `${from} --> ${to}`;
          expect(text).toMatch(new RegExp(`^ +${arrow} : ${event}$`, "m"));
        }
      }
  });

  test("draws the way back once for all states that share it", () => {
    expect(text).toMatch(/^ {2}BeforeTheSwap --> Withdrawing : .*abort.*deleted/m);
    expect(text).toMatch(/^ {2}AfterTheSwap --> Undoing : .*abort, undo/m);
  });

  test("says every refusal in its own words", () => {
    for (const state of STATES)
      for (const event of EVENTS) {
        const cell = cellOf(state, event);
        if (cell.kind === "refuse")
          expect(lines.some((line) => line.includes(cell.say) && line.includes(`\`${event}\` in ${state}`))).toBe(true);
      }
  });
});

describe("a cell in words", () => {
  test.each([
    [stay(), "="],
    [stay("finish"), "= (finish)"],
    [later("taken in Scaling"), "later (taken in Scaling)"],
    [refuse("no"), "✗"],
    [cannot, "·"],
    [go("Scaling"), "**Scaling**"],
    [go("byEnd"), "**by its end**"],
    [go("Withdrawing", { end: "Breach", note: "at once" }), "**Withdrawing** (Breach; at once)"],
    [go("=", { stall: "JoinStalled" }), "= (`Stalled=JoinStalled`)"],
    [go("=", { stall: "", acknowledge: true }), "= (a new epoch; not stalled any more)"],
  ])("%j", (cell, words) => expect(cellText(cell)).toBe(words));
});
