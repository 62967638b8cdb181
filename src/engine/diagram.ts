import { OUTCOMES, STATES, type Outcome, type State } from "../api/phase.ts";
import { COMMAND_EVENTS, EVIDENCE_EVENTS, PROGRESS_EVENTS, WORLD_EVENTS, type EventName } from "./event.ts";
import { cellOf } from "./table.ts";

/** States that share the way back: drawn as a box, with one arrow for what every one of them does. */
interface Box {
  name: string;
  title: string;
  members: readonly State[];
}

const HAPPENS: readonly EventName[] = [...EVIDENCE_EVENTS, ...COMMAND_EVENTS, ...WORLD_EVENTS];

function goesTo(state: State, event: EventName): string | undefined {
  const cell = cellOf(state, event);
  return cell.kind === "go" && cell.to !== "=" ? cell.to : undefined;
}

/** The machine as a Mermaid state diagram: each state's own work, and what leads back from everywhere in a box. */
export function diagram(): string {
  const boxes: Box[] = [
    { name: "BeforeTheSwap", title: "Before the swap", members: leadingBack("abort", "Withdrawing") },
    { name: "AfterTheSwap", title: "After the swap", members: leadingBack("undo", "Undoing") },
  ];
  return [
    "```mermaid",
    "stateDiagram-v2",
    "  [*] --> Preflight",
    ...boxes.flatMap(boxLines),
    ...STATES.flatMap((state) => ownWork(state, boxes)),
    ...boxes.flatMap(waysBack),
    ...OUTCOMES.map((outcome) => `  ${outcome} --> [*]`),
    "```",
    "",
    "Drawn are the ways forward, and what leads out of every state of a box alike; the tables below have the rest.",
    "",
  ].join("\n");
}

function leadingBack(event: EventName, to: State): State[] {
  return STATES.filter((state) => goesTo(state, event) === to);
}

function boxLines({ name, title, members }: Box): string[] {
  const inside = members.flatMap((state) =>
    edges(state).filter(({ to }) => (members as readonly string[]).includes(to)),
  );
  return [
    `  state "${title}" as ${name} {`,
    ...members.map((state) => `    ${state}`),
    ...inside.map(({ from, to, event }) => `    ${from} --> ${to} : ${event}`),
    "  }",
  ];
}

interface Edge {
  from: State;
  to: string;
  event: EventName;
}

/** What a state does by itself; a pause ends when people say so. */
function edges(from: State): Edge[] {
  const own: readonly EventName[] = from === "Paused" ? ["resume"] : PROGRESS_EVENTS;
  return own.flatMap((event) => {
    const to = goesTo(from, event);
    if (to === undefined) return [];
    const ends: readonly Outcome[] = OUTCOMES.filter((outcome) => outcome !== "Promoted");
    return (to === "byEnd" ? ends : [to]).map((end) => ({ from, to: end, event }));
  });
}

/** Mermaid draws no arrow from a state in one box to a state in another: there it goes from box to box. */
function ownWork(state: State, boxes: readonly Box[]): string[] {
  const boxOf = (name: string) => boxes.find(({ members }) => members.some((member) => member === name));
  const home = boxOf(state);
  return edges(state).flatMap(({ from, to, event }) => {
    const other = boxOf(to);
    if (home !== undefined && home === other) return [];
    const across = home !== undefined && other !== undefined;
    return [across ? `  ${home.name} --> ${other.name} : ${event}` : `  ${from} --> ${to} : ${event}`];
  });
}

/** One arrow for each target that the same events reach from all of the box. */
function waysBack({ name, members }: Box): string[] {
  const targets = new Map<string, EventName[]>();
  for (const event of HAPPENS) {
    const reached = new Set(members.map((state) => goesTo(state, event)));
    const [to] = reached;
    if (reached.size === 1 && to !== undefined) targets.set(to, [...(targets.get(to) ?? []), event]);
  }
  return [...targets].map(([to, events]) => `  ${name} --> ${to} : ${events.join(", ")}`);
}
