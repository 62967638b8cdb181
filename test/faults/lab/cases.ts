import type { Outcome } from "../../../src/api/phase.ts";
import { command, type Scene } from "../../e2e/scene.ts";
import { goodRelease } from "../../e2e/seen.ts";
import { block, deleting, gated, keepLong, pausing, unblock, undoing, type WayInto } from "./way-into.ts";

/** A controller is killed in a state, and begun again after some seconds. */
export interface KillCase extends WayInto {
  /** What is shipped: a good version, a bad one, or one that turns bad while there is no controller. */
  readonly version: "good" | "bad" | "turns bad";
  /** Tag of the image. @default by version */
  readonly tag?: string;
  /** What a person does while there is no controller. */
  readonly meanwhile?: (scene: Scene) => Promise<unknown>;
  /** What a person does once the controller is back. */
  readonly goOn?: (scene: Scene) => Promise<unknown>;
  /** @default Promoted for a good version, RolledBack for others */
  readonly ends?: Outcome | "Released";
  /** The canary's percents that users' proxy had in force. @default by version */
  readonly percents?: readonly number[];
  /** The first step's percent may be taken back for a moment when the controller begins again. */
  readonly mayDip?: true;
  /** What people were told of a good version, in order. @default what they are told of a release that nothing happened to */
  readonly told?: readonly string[];
  /** What else its name says. */
  readonly also?: string;
  /** Always run. The other states are met in test/e2e/killed.test.ts. */
  readonly selected?: true;
}

export function titleOf({ state, version, step, also }: KillCase): string {
  const where = step === undefined ? state : `${state} of step ${step + 1}`;
  const what = version === "turns bad" ? "version turns bad meanwhile" : `${version} version`;
  return [`killed in ${where}`, what, ...(also === undefined ? [] : [also])].join(", ");
}

const approved = [...goodRelease.slice(0, 5), "CommandAccepted", ...goodRelease.slice(9)];
const upTo = (reason: string) => goodRelease.slice(0, goodRelease.indexOf(reason) + 1);

const blocked: Pick<KillCase, "prepare" | "meanwhile"> = { prepare: block, meanwhile: unblock };

/** Every state of a run. Where users can be on a version that turns bad meanwhile, that too. */
export const killCases: readonly KillCase[] = [
  { state: "Preflight", version: "good", ...blocked, selected: true },
  { state: "Preflight", version: "bad", ...blocked },
  {
    state: "Waiting",
    version: "good",
    spec: gated,
    goOn: (scene) => command(scene, 1, "approve", { step: "first" }),
    percents: [0, 10, 100, 0],
    told: approved,
  },
  { state: "Waiting", version: "turns bad", spec: gated, percents: [0, 10, 0], selected: true },
  { state: "Fencing", version: "good", selected: true },
  { state: "Fencing", version: "bad" },
  { state: "Scaling", version: "good", tag: "v2-start3000" },
  { state: "Scaling", version: "bad", tag: "v2-errors50-start3000", selected: true },
  // A controller that begins here cannot know whether what it finds was judged: down it goes until the past was read again, unless
  // that is read already when it first looks.
  { state: "Shifting", version: "good", inForce: 10, mayDip: true },
  { state: "Shifting", version: "bad", inForce: 10, selected: true },
  { state: "Observing", version: "good" },
  { state: "Observing", version: "turns bad", percents: [0, 10, 0], selected: true },
  { state: "Observing", version: "turns bad", step: 1, percents: [0, 10, 30, 0] },
  {
    state: "Paused",
    version: "good",
    turnOff: pausing,
    goOn: (scene) => command(scene, 1, "resume"),
    told: [...goodRelease.slice(0, 4), "Paused", ...goodRelease.slice(1)],
  },
  { state: "Paused", version: "turns bad", turnOff: pausing, percents: [0, 10, 0], selected: true },
  { state: "SwappingLabels", version: "good" },
  { state: "SwappingLabels", version: "turns bad", spec: keepLong },
  { state: "SwappingWeight", version: "good" },
  { state: "SwappingWeight", version: "turns bad", spec: keepLong },
  { state: "Keeping", version: "good" },
  { state: "Keeping", version: "turns bad", spec: keepLong },
  // 2 s, and there is no controller for 5.
  { state: "Keeping", version: "turns bad", also: "old pods kept for long enough" },
  {
    state: "Undoing",
    version: "good",
    spec: keepLong,
    turnOff: undoing,
    ends: "Aborted",
    told: [...upTo("UsersMoved"), "Undoing", "Aborted"],
    selected: true,
  },
  { state: "Converging", version: "good" },
  { state: "Joining", version: "good" },
  {
    state: "Releasing",
    version: "good",
    spec: keepLong,
    turnOff: deleting,
    ends: "Released",
    told: [...upTo("UsersMoved"), "Aborted", "LeftPaused"],
    selected: true,
  },
  { state: "Withdrawing", version: "bad" },
  { state: "Draining", version: "bad", selected: true },
];
