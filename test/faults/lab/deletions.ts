import { STATES, type State } from "../../../src/api/phase.ts";
import { block, gated, keepLong, pausing, undoing, type WayInto } from "./way-into.ts";

export const POLICIES = ["Background", "Foreground", "Orphan"] as const;

/** Something is deleted while a run is in a state. */
export interface DeletionCase extends WayInto {
  readonly what: "Rollout" | "RolloutRun" | "Deployment" | "Namespace";
  readonly propagationPolicy: (typeof POLICIES)[number];
  /**
   * Nobody is there to see it: the controller is killed before, and begun again some seconds after. Or it is there and may do
   * nothing for as long: the API server refuses whatever it asks for.
   */
  readonly controller: "alive" | "dead" | "without rights";
  readonly tag: string;
  /** The version that users are on afterwards. Undefined where nothing is left that could serve them. */
  readonly live?: "v1" | "v2";
}

export function deletionTitle({ what, propagationPolicy, controller, state }: DeletionCase): string {
  const how = what === "Namespace" ? "" : ` (${propagationPolicy})`;
  const whose = { alive: "", dead: ", no controller", "without rights": ", controller without rights" }[controller];
  return `${what} deleted in ${state}${how}${whose}`;
}

const BAD = "v2-errors50";
/** A way into each state that is known not to end by itself in the moment in which something is deleted, where there is one. */
const WAYS: Readonly<Record<Exclude<State, "Releasing">, Omit<WayInto, "state"> & { tag?: string }>> = {
  Preflight: { prepare: block },
  Waiting: { spec: gated },
  Fencing: {},
  Scaling: { tag: "v2-start3000" },
  Shifting: {},
  Observing: {},
  Paused: { turnOff: pausing },
  SwappingLabels: { spec: keepLong },
  SwappingWeight: { spec: keepLong },
  Keeping: { spec: keepLong },
  Undoing: { spec: keepLong, turnOff: undoing },
  // Before the hold is open the old pods are all there still, and it would be they that users are released to.
  Converging: { rolls: true },
  Joining: {},
  Withdrawing: { tag: BAD },
  Draining: { tag: BAD },
};
/** A Rollout that is deleted again, and its run, are on their way out already in Releasing. */
const ENTERED = STATES.filter((state) => state !== "Releasing");
/** Here the Deployment is given the new version, which users are on for good. */
const AFTER: readonly State[] = ["Converging", "Joining"];

function deletionsOf(
  what: DeletionCase["what"],
  controller: DeletionCase["controller"],
  policies: readonly DeletionCase["propagationPolicy"][],
  states: readonly Exclude<State, "Releasing">[] = ENTERED,
): DeletionCase[] {
  const keeps = what === "Rollout" || what === "RolloutRun";
  return states.flatMap((state) =>
    policies.map((propagationPolicy) => {
      const { tag = "v2", ...way } = WAYS[state];
      const live = AFTER.includes(state) ? "v2" : "v1";
      return { ...way, state, what, propagationPolicy, controller, tag, ...(keeps ? { live } : {}) };
    }),
  );
}

/** Rollout and run in every state of a run, in every way; what is under them in every state, which takes its users' pods along anyway. */
export const deletionCases: readonly DeletionCase[] = [
  ...deletionsOf("Rollout", "alive", POLICIES),
  ...deletionsOf("Rollout", "dead", ["Background"]),
  ...deletionsOf("RolloutRun", "alive", ["Background"]),
  ...deletionsOf("RolloutRun", "alive", ["Foreground", "Orphan"], ["Observing", "Keeping", "Converging"]),
  ...deletionsOf("Deployment", "alive", ["Background"]),
  ...deletionsOf("Deployment", "alive", ["Foreground", "Orphan"], ["Observing", "Keeping", "Converging"]),
  ...deletionsOf("Namespace", "alive", ["Background"]),
];

/** Rollout and run in every state; what is under them where users are on the old version, on the new one's twin, and on their way. */
export const deletionCasesWithoutRights: readonly DeletionCase[] = [
  ...deletionsOf("Rollout", "without rights", ["Background"]),
  ...deletionsOf("Rollout", "without rights", ["Foreground", "Orphan"], ["Observing", "Keeping", "Converging"]),
  ...deletionsOf("RolloutRun", "without rights", ["Background"]),
  ...deletionsOf("Deployment", "without rights", ["Background"], ["Observing", "Keeping", "Converging"]),
  ...deletionsOf("Namespace", "without rights", ["Background"], ["Observing", "Keeping", "Converging"]),
];
