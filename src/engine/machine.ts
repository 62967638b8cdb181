import { assign, setup, transition, type AnyEventObject } from "xstate";
import { OUTCOMES, STATES, isFinal, type Outcome, type Phase, type State } from "../api/phase.ts";
import type { EndReason, Plan } from "../api/run.ts";
import type { GoCell } from "./cell.ts";
import { EVENTS, type EngineEvent } from "./event.ts";
import { remember, type Memory } from "./memory.ts";
import { cellOf } from "./table.ts";

/** What a run is called when it ends for this reason without being promoted. */
export function outcomeOf(reason: EndReason | undefined): Exclude<Outcome, "Promoted"> {
  if (reason === "Superseded") return "Superseded";
  if (reason === "Aborted" || reason === "Deleted" || reason === "Undone") return "Aborted";
  return "RolledBack";
}

interface Context {
  memory: Memory;
  plan: Plan;
}

const machineSetup = setup({
  types: { context: {} as Context, events: {} as EngineEvent, input: {} as Context },
  actions: {
    remember: assign(({ context, event }, params: { cell: GoCell; from: State }) => ({
      memory: remember(context.memory, params.cell, event, context.plan, params.from),
    })),
  },
  guards: {
    endsAs: ({ context }, params: { outcome: Outcome }) => outcomeOf(context.memory.end?.reason) === params.outcome,
  },
});

type Transitions = {
  target?: string;
  guard?: { type: "endsAs"; params: { outcome: Outcome } };
  actions: { type: "remember"; params: { cell: GoCell; from: State } };
}[];

function transitionsOf(from: State, cell: GoCell): Transitions {
  const actions = { type: "remember" as const, params: { cell, from } };
  if (cell.to === "=") return [{ actions }];
  if (cell.to !== "byEnd") return [{ target: cell.to, actions }];
  return OUTCOMES.filter((outcome) => outcome !== "Promoted").map((outcome) => ({
    target: outcome,
    guard: { type: "endsAs" as const, params: { outcome } },
    actions,
  }));
}

function stateNode(state: State) {
  const on: Record<string, Transitions> = {};
  for (const event of EVENTS) {
    const cell = cellOf(state, event);
    if (cell.kind === "go") on[event] = transitionsOf(state, cell);
  }
  return { on };
}

/** The table as an xstate machine. Only resolved and asked for its next state: no actor, no timer, nothing that a crash could lose. */
export const machine = machineSetup.createMachine({
  id: "run",
  context: ({ input }) => input,
  initial: "Preflight",
  states: {
    ...Object.fromEntries(STATES.map((state) => [state, stateNode(state)])),
    ...Object.fromEntries(OUTCOMES.map((outcome) => [outcome, { type: "final" as const }])),
  },
});

/** A run's state and memory after `event`. Final states take no events. Throws on a phase that the machine does not know. */
export function step(phase: Phase, memory: Memory, plan: Plan, event: EngineEvent): { phase: Phase; memory: Memory } {
  if (isFinal(phase)) return { phase, memory };
  const snapshot = machine.resolveState({ value: phase, context: { memory, plan } });
  const [next] = transition(machine, snapshot, event as EngineEvent & AnyEventObject);
  return { phase: next.value as Phase, memory: next.context.memory };
}
