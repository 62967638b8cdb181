import { OUTCOMES, STATES } from "../api/phase.ts";
import type { Cell, GoCell } from "./cell.ts";
import { diagram } from "./diagram.ts";
import { COMMAND_EVENTS, EVIDENCE_EVENTS, PROGRESS_EVENTS, WORLD_EVENTS, type EventName } from "./event.ts";
import { TABLE, cellOf } from "./table.ts";

const HEAD = `# The state machine

What every event does in every state of a RolloutRun. Generated from \`src/engine/table.ts\`, which the controller itself runs by:
to change what happens, change a cell there and run \`npm run generate\`.

A state is a desired world: what each subset selects, the weight, the candidate's Deployment (the *twin*), the user's own. A
controller that is killed in it and started again does the same thing. The outcomes ${list(OUTCOMES)} take no events.
`;

const LEGEND = `## How to read the tables

| cell | meaning |
| --- | --- |
| **Name** | goes to that state or outcome; in brackets why the run ends, or is paused, and what else is remembered |
| = | stays; a command is recorded as done |
| = (…) | stays, and remembers what is in the brackets |
| later | a command that waits for a later state, which takes it; other commands pass it by |
| ✗ | refused with a sentence that says what to do instead |
| · | cannot happen here; if it does, nothing changes |

The first reason for an end is kept, whatever comes after it. \`by its end\` is ${list(OUTCOMES.filter((outcome) => outcome !== "Promoted"))}, as that reason says.
`;

/** The text of `docs/reference/machine.md`: the same for the same table. */
export function machineMarkdown(): string {
  return [
    HEAD,
    diagram(),
    LEGEND,
    "## A state's own work\n\nWhat a state waits for, and where that leads.\n",
    progressTable(),
    section("Evidence", "What the numbers say about the candidate, or that they say nothing.", EVIDENCE_EVENTS),
    section("Commands", "What people tell a run, by `RolloutRun.spec.commands`.", COMMAND_EVENTS),
    refusals(),
    section("The world", "What happens to the objects that a run acts on.", WORLD_EVENTS.slice(0, 7)),
    table(WORLD_EVENTS.slice(7)),
  ].join("\n");
}

function list(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function section(title: string, about: string, events: readonly EventName[]): string {
  return `## ${title}\n\n${about}\n\n${table(events)}`;
}

function table(events: readonly EventName[]): string {
  const head = ["state", ...events.map((event) => `\`${event}\``)];
  const rows = STATES.map((state) => [state, ...events.map((event) => cellText(cellOf(state, event)))]);
  return markdownTable(head, rows);
}

function progressTable(): string {
  const rows = STATES.flatMap((state) =>
    PROGRESS_EVENTS.flatMap((event) => {
      const cell = TABLE[state][event];
      return cell === undefined ? [] : [[state, `\`${event}\``, cellText(cell)]];
    }),
  );
  return markdownTable(["state", "when", "leads to"], rows);
}

/** What is said to those whose command is refused, each sentence once. */
function refusals(): string {
  const said = new Map<string, string[]>();
  for (const event of COMMAND_EVENTS)
    for (const state of STATES) {
      const cell = cellOf(state, event);
      if (cell.kind === "refuse") said.set(cell.say, [...(said.get(cell.say) ?? []), `\`${event}\` in ${state}`]);
    }
  const rows = [...said].map(([say, where]) => [say, where.join(", ")]);
  return `What is said when a command is refused:\n\n${markdownTable(["sentence", "for"], rows)}`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""].join("\n");
}

/** One cell as people read it. */
export function cellText(cell: Cell): string {
  switch (cell.kind) {
    case "stay":
      return cell.note === undefined ? "=" : `= (${cell.note})`;
    case "later":
      return `later (${cell.note})`;
    case "refuse":
      return "✗";
    case "cannot":
      return "·";
    case "go":
      return goText(cell);
  }
}

function goText(cell: GoCell): string {
  const what = [...remembered(cell)];
  const to = cell.to === "=" ? "=" : `**${cell.to === "byEnd" ? "by its end" : cell.to}**`;
  return what.length === 0 ? to : `${to} (${what.join("; ")})`;
}

function* remembered(cell: GoCell): Generator<string> {
  if (cell.end !== undefined) yield cell.end;
  if (cell.pause !== undefined) yield cell.pause;
  if (cell.unpause === true) yield "not paused any more";
  if (cell.withdrawn === true) yield "weight in force 0";
  if (cell.reshift === true) yield "weight in force 0 until a fresh reading";
  if (cell.step === "next") yield "next step";
  if (cell.step === "promotion") yield "the promotion's step";
  if (cell.approve === true) yield "gate met";
  if (cell.acknowledge === true) yield "a new epoch";
  if (cell.stall !== undefined) yield cell.stall === "" ? "not stalled any more" : `\`Stalled=${cell.stall}\``;
  if (cell.liveOnTwin === true) yield "users on the twin";
  if (cell.keepClock === "stop") yield "the keep clock stops";
  if (cell.keepClock === "start") yield "the keep clock starts";
  if (cell.remark === true) yield "told";
  if (cell.note !== undefined) yield cell.note;
}
