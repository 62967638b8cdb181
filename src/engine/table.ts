import type { State } from "../api/phase.ts";
import { cannot, go, later, pause, refuse, remark, stall, stay, undo, withdraw, type Cell } from "./cell.ts";
import type { AnyStateEvent, EventName, ProgressEvent } from "./event.ts";

/** The whole machine: what every event does in every state. docs/architecture.md has the rules behind it; docs/reference/machine.md is generated from here. */
export type Row = Readonly<Record<AnyStateEvent, Cell>> & Readonly<Partial<Record<ProgressEvent, Cell>>>;

const notPaused = refuse("nothing is paused");
const resumeFirst = refuse("the run is paused: resume it first");
const notUp = refuse(
  "users are being taken back to the old version; when that is done, use retry to try this one again",
);
const undoAborts = refuse("nothing is promoted yet: use abort to go back to the old version");
const abortsNoMore = refuse("the new version carries all users already: change the template back in Git to go back");
const notRunning = refuse("retry is for a run that has ended or is stalled");
const nextRaises = "the weight goes up again with the step at hand";
const tooLateToPause = refuse("this cannot be paused: every user is on the new version already");

const JOIN_ENDS =
  "only once a breach has brought every user back to the whole twin (rule 10); otherwise joining is finished first";

const RUN_ALONE =
  "only where the RolloutRun alone was deleted and every user is on the whole twin still; otherwise releasing is finished first";

/** While the candidate carries a share, or may soon. */
const underway = {
  breachRollback: withdraw("Breach"),
  breachPause: pause("Breach"),
  inconclusivePause: stay("the clock runs in Observing only"),
  inconclusiveRollback: stay("the clock runs in Observing only"),
  abort: withdraw("Aborted"),
  pause: pause("Command"),
  resume: notPaused,
  undo: undoAborts,
  retry: notRunning,
  skip: stay(),
  approve: go("=", { approve: true }),
  newTemplate: withdraw("Superseded"),
  templateBack: withdraw("Superseded"),
  candidateLost: withdraw("CandidateLost"),
  liveLost: withdraw("HoldBroken", "rule 2: users are let to whatever the Service selects at once"),
  progressDeadline: withdraw("ProgressDeadlineExceeded"),
  routeMissing: withdraw("RouteMissing"),
  lowered: go("Paused", { pause: "Withdrawn", withdrawn: true }),
  loweredByGitOps: cannot,
  weightContended: pause("Contended"),
  labelsContended: withdraw("RouteContended"),
  holdBroken: remark("rule 2: paused again at once; live pods back to size, strays to 0"),
  deleted: withdraw("Deleted"),
  suspended: stay(),
  windowClosed: stay(),
  windowOverrun: withdraw("WindowClosed", "users are on the candidate, and the window says Rollback"),
  withdrawalFound: withdraw("Restarted", "rule 8: a withdrawal was written and not yet recorded"),
} satisfies Partial<Record<EventName, Cell>>;

/** Once `stable` is the twin: going back is a relabelling onto the old pods. */
const swapped = {
  breachRollback: stay(),
  breachPause: stay(),
  inconclusivePause: stay(),
  inconclusiveRollback: stay(),
  abort: abortsNoMore,
  pause: tooLateToPause,
  resume: notPaused,
  promote: stay(),
  undo: undo("Undone"),
  retry: notRunning,
  skip: stay(),
  approve: stay(),
  newTemplate: stay(),
  templateBack: stay(),
  candidateLost: stay(),
  liveLost: stay(),
  progressDeadline: stall("ProgressDeadlineExceeded"),
  routeMissing: stay("repair: every pod is vetted"),
  lowered: stay("repair labels"),
  loweredByGitOps: cannot,
  weightContended: stay("condition RouteContended"),
  labelsContended: stay("condition RouteContended"),
  holdBroken: remark("paused again at once"),
  deleted: go("Releasing", { end: "Deleted" }),
  suspended: stay(),
  windowClosed: stay(),
  windowOverrun: stay("finish"),
  withdrawalFound: stay("a withdrawal from before the swap; users are on vetted pods"),
} satisfies Partial<Record<EventName, Cell>>;

/** Users are going back, whatever else happens. */
const goingBack = {
  ...swapped,
  abort: stay("the first reason is kept"),
  pause: stay(),
  resume: notUp,
  promote: notUp,
  undo: stay(),
  holdBroken: remark("rule 2: paused again at once; live pods back to size, strays to 0"),
  deleted: stay("goes on under the Rollout's finalizer"),
} satisfies Partial<Record<EventName, Cell>>;

export const TABLE: Readonly<Record<State, Row>> = {
  Preflight: {
    ...underway,
    checksPassed: go("Waiting"),
    catchUp: go("Converging", { note: "a run with reason Converge: users are on a vetted twin already" }),
    breachRollback: cannot,
    breachPause: cannot,
    inconclusivePause: cannot,
    inconclusiveRollback: cannot,
    abort: go("Aborted", { end: "Aborted" }),
    pause: go("=", { pause: "Command", note: "stays here: a resume must not pass the checks by" }),
    resume: go("=", { unpause: true }),
    promote: refuse("the checks have not passed: mend what they name first"),
    retry: stay("checks again now"),
    newTemplate: go("Superseded", { end: "Superseded" }),
    templateBack: go("Superseded", { end: "Superseded" }),
    candidateLost: cannot,
    liveLost: stay("the checks say so"),
    progressDeadline: cannot,
    routeMissing: stay("the checks say so"),
    lowered: cannot,
    weightContended: cannot,
    labelsContended: cannot,
    deleted: go("Aborted", { end: "Deleted" }),
    windowOverrun: cannot,
    withdrawalFound: cannot,
  },
  Waiting: {
    ...underway,
    loweredByGitOps: go("=", { reshift: true, note: nextRaises }),
    gateOpen: go("Fencing", { note: "passes at once where the labels are settled" }),
    progressDeadline: cannot,
    promote: go("=", { step: "promotion", approve: true }),
    skip: go("=", { approve: true }),
  },
  Fencing: {
    ...underway,
    fenced: go("Scaling"),
    promote: later("taken in Scaling"),
    skip: later("taken in Scaling"),
    suspended: go("Waiting"),
    windowClosed: go("Waiting"),
    weightContended: withdraw("RouteContended"),
    lowered: cannot,
    candidateLost: withdraw("CandidateLost"),
  },
  Scaling: {
    ...underway,
    loweredByGitOps: go("=", { reshift: true, note: nextRaises }),
    scaled: go("Shifting"),
    promote: go("=", { step: "promotion", approve: true }),
    skip: go("Waiting", { step: "next", approve: true }),
    windowClosed: go("Waiting", { note: "only while this step's weight is not written" }),
  },
  Shifting: {
    ...underway,
    loweredByGitOps: go("Shifting", { reshift: true }),
    applied: go("Observing"),
    windowClosed: go("Waiting", { note: "only while this step's weight is not written; otherwise finish" }),
    promote: later("taken in Observing"),
    skip: later("taken in Observing"),
    suspended: pause("Suspended"),
  },
  Observing: {
    ...underway,
    loweredByGitOps: go("Shifting", { reshift: true }),
    stepPassed: go("Waiting", { step: "next" }),
    lastStepPassed: go("SwappingLabels"),
    progressDeadline: cannot,
    inconclusivePause: pause("Inconclusive"),
    inconclusiveRollback: withdraw("Inconclusive"),
    promote: go("Waiting", { step: "promotion", approve: true }),
    skip: go("Waiting", { step: "next", approve: true }),
  },
  Paused: {
    ...underway,
    breachPause: stay(),
    inconclusivePause: stay(),
    pause: stay("paused already"),
    resume: go("Fencing", { acknowledge: true }),
    promote: resumeFirst,
    skip: resumeFirst,
    progressDeadline: stay("off while paused"),
    lowered: go("=", { withdrawn: true }),
    weightContended: stay(),
  },
  SwappingLabels: {
    ...underway,
    labelsApplied: go("SwappingWeight"),
    breachPause: withdraw("Breach"),
    pause: tooLateToPause,
    promote: stay(),
    undo: withdraw("Undone"),
    newTemplate: stay("go on: it gets a run of its own"),
    liveLost: stay("go on: the twin is what users are led to"),
    templateBack: withdraw("Superseded"),
    progressDeadline: pause("ProgressDeadline"),
    weightContended: pause("Contended"),
    labelsContended: stay("labels are written again in every pass"),
    holdBroken: remark("paused again at once"),
    lowered: go("Paused", { pause: "Withdrawn", withdrawn: true }),
    suspended: stay("finish"),
    windowClosed: stay("finish"),
    windowOverrun: stay("finish"),
  },
  SwappingWeight: {
    ...swapped,
    weightApplied: go("Keeping", { keepClock: "start" }),
    breachRollback: undo("Breach"),
    breachPause: undo("Breach"),
    abort: undo("Aborted"),
    templateBack: undo("Superseded"),
    candidateLost: undo("CandidateLost"),
  },
  Keeping: {
    ...swapped,
    keepOver: go("Converging"),
    breachRollback: undo("Breach"),
    breachPause: stay("by objective: people decide"),
    abort: undo("Aborted"),
    pause: go("=", { keepClock: "stop" }),
    resume: go("=", { keepClock: "start" }),
    promote: go("Converging"),
    newTemplate: go("Converging", { note: "at once; ends LiveOnTwin and the new template gets its run" }),
    templateBack: undo("Superseded"),
    candidateLost: undo("CandidateLost"),
  },
  Undoing: {
    ...goingBack,
    oldServing: go("Draining"),
    retry: stay("writes again now"),
  },
  Converging: {
    ...swapped,
    converged: go("Joining"),
    breachRollback: stall("ConvergeBreached"),
    breachPause: stall("ConvergeBreached"),
    undo: later("taken when the Deployment has caught up: a run then brings the version before back"),
    retry: go("=", { stall: "", acknowledge: true }),
    newTemplate: go("Promoted", { liveOnTwin: true }),
    templateBack: go("Promoted", { liveOnTwin: true }),
    candidateLost: stall("CandidateLost"),
    progressDeadline: stall("ConvergeStalled"),
    deleted: go("Releasing", {
      end: "Deleted",
      note: "the Rollout; where the RolloutRun alone is deleted, converging is finished",
    }),
    holdBroken: cannot,
  },
  Joining: {
    ...swapped,
    joined: go("Promoted"),
    holdBroken: remark("where a pause holds it and the template is a newer one: paused again at once"),
    breachRollback: stall("JoinBreached"),
    breachPause: stall("JoinBreached"),
    undo: later("finished first: a run then brings the version before back"),
    retry: go("=", { stall: "", acknowledge: true }),
    progressDeadline: stall("JoinStalled"),
    newTemplate: go("Promoted", { liveOnTwin: true, note: JOIN_ENDS }),
    templateBack: go("Promoted", { liveOnTwin: true, note: JOIN_ENDS }),
    candidateLost: stay("finish"),
    deleted: stay("finish joining"),
  },
  Releasing: {
    ...goingBack,
    released: go("byEnd"),
    holdBroken: cannot,
    newTemplate: go("Promoted", { liveOnTwin: true, note: RUN_ALONE }),
    retry: stay("writes again now"),
  },
  Withdrawing: {
    ...goingBack,
    quiet: go("Draining"),
    candidateLost: stay("its pods are on their way out anyway"),
    progressDeadline: stall("RollbackNotApplied"),
    retry: stay("writes again now"),
    routeMissing: stay("rule 13: twin away at once"),
    weightContended: stay("lowered in every pass, no limit"),
  },
  Draining: {
    ...goingBack,
    drained: go("byEnd"),
    retry: refuse("the old version is being restored: retry after the end"),
    progressDeadline: stay("pods are deleted"),
  },
};

/** What `event` does in `state`. Progress events that a state does not wait for cannot happen in it. */
export function cellOf(state: State, event: EventName): Cell {
  return (TABLE[state] as Partial<Record<EventName, Cell>>)[event] ?? cannot;
}
