import { z } from "zod";
import { asFoundSchema } from "./as-found.ts";
import { conditionSchema } from "./condition.ts";
import { objectiveStatusSchema } from "./evidence.ts";
import { timeSchema } from "./fields.ts";
import { notifiedSchema } from "./notifications.ts";
import { PHASES } from "./phase.ts";
import { listMap } from "./rule.ts";

export type { AsFound, RouteAsFound, RuleAsFound } from "./as-found.ts";
export type { ObjectiveStatus } from "./evidence.ts";
export type { Pinned, PinnedRoute, TrackedRevision } from "./pinned.ts";
export type { Plan, PlannedObjective, PlannedStep, PlannedWindow } from "./plan.ts";
export { type RolloutStatus, rolloutStatusSchema } from "./rollout-status.ts";
export { type Command, type RunSpec, runSpecSchema } from "./run-spec.ts";

export const transitionRecordSchema = z.object({
  at: timeSchema.describe("When it was."),
  from: z.string().describe("The phase that was left."),
  to: z.string().describe("The phase that was entered."),
  event: z.string().describe("What moved it; or, where it stayed, what is remarked on."),
  message: z.string().optional().describe("Why, in a sentence."),
  by: z.string().optional().describe("Who, when it was a person's command."),
});
export type TransitionRecord = z.output<typeof transitionRecordSchema>;

export const END_REASONS = [
  "Breach",
  "Inconclusive",
  "Aborted",
  "Undone",
  "Superseded",
  "CandidateLost",
  "HoldBroken",
  "ProgressDeadlineExceeded",
  "RouteMissing",
  "RouteContended",
  "Deleted",
  "Restarted",
  "WindowClosed",
] as const;
export type EndReason = (typeof END_REASONS)[number];

export const PAUSE_REASONS = [
  "Command",
  "Breach",
  "Inconclusive",
  "Withdrawn",
  "Contended",
  "HoldBroken",
  "Suspended",
  "ProgressDeadline",
] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

const deadlinesSchema = z.object({
  progress: timeSchema.optional().describe("Until when pods are ready, or a weight is in force."),
  keep: timeSchema.optional().describe("Until when the old pods are kept."),
  inconclusive: timeSchema.optional().describe("Until when numbers must say something."),
});

const endSchema = z.object({
  reason: z.enum(END_REASONS).describe("The cause, for machines."),
  message: z.string().describe("The cause, in a sentence."),
  by: z.string().optional().describe("Who, when it was a person's command."),
});

const pauseSchema = z.object({
  reason: z.enum(PAUSE_REASONS).describe("The cause, for machines."),
  message: z.string().describe("The cause, in a sentence."),
  by: z.string().optional().describe("Who, when it was a person's command or a foreign hand."),
  withdrawn: z.boolean().default(false).describe("Whether the weight was taken to 0 as well."),
});

const stalledSchema = z.object({
  reason: z.string().describe("The cause, for machines."),
  message: z.string().describe("The cause, and what to do about it."),
});

const waitingWindowSchema = z.object({
  message: z.string().describe("Which window stands in the way, and until when."),
  opensAt: timeSchema.optional().describe("When the weight may rise again; absent when no opening is in sight."),
});

const reshiftSchema = z.object({
  at: timeSchema.describe("When it was seen."),
  writtenAt: timeSchema.describe("When the tool wrote the route, as the API server recorded it."),
});

const relabelSchema = z.object({
  at: timeSchema.describe("When it was seen."),
  writtenAt: timeSchema.describe("When the rule was written, as the API server recorded it."),
  by: z.string().describe("The field manager that wrote it."),
});

const findingSchema = z.object({
  id: z.string().describe("The check."),
  severity: z.enum(["fail", "warn"]).describe("`fail` keeps the run from starting."),
  message: z.string().describe("What was found."),
  remedy: z.string().describe("What to do about it."),
});

/** The engine's memory: all of it, since nothing is kept elsewhere. Times are RFC 3339. */
export const runStatusSchema = z.object({
  observedGeneration: z
    .int()
    .default(-1)
    .describe("The metadata.generation that the rest is about; -1 before anyone looked."),
  phase: z.enum(PHASES).default("Preflight").describe("The state that the run is in, or how it ended."),
  step: z.int().min(0).default(0).describe("Index into spec.plan.steps of the step that is being worked on."),
  epoch: z.int().min(0).default(0).describe("Raised by each resume: evidence from before it was acknowledged."),
  weightInForce: z.number().default(0).describe("Percent of the users that the mesh sends to the new version."),
  message: z.string().default("").describe("What is going on, in a sentence."),
  since: timeSchema.optional().describe("When the phase was entered."),
  startedAt: timeSchema.optional().describe("When the run began."),
  finishedAt: timeSchema.optional().describe("When the run ended."),
  evidenceSince: timeSchema
    .optional()
    .describe("From when evidence counts towards a breach: the first weight above 0, or the last resume."),
  appliedAt: timeSchema.optional().describe("When the step's split was seen to be applied."),
  inconclusiveSince: timeSchema.optional().describe("Since when nothing conclusive was heard."),
  deadlines: deadlinesSchema.default({}).describe("The moments that the engine waits for."),
  approved: z.array(z.string()).default([]).describe("Steps whose approval was given."),
  commandsSeen: z.array(z.string()).default([]).describe("Ids of the commands that were carried out or refused."),
  asFound: asFoundSchema
    .optional()
    .describe("How things were before the run's first write; what is put back at its end."),
  end: endSchema.optional().describe("Why the run is being taken back, or ended."),
  pause: pauseSchema.optional().describe("Why the run is paused."),
  stalled: stalledSchema.optional().describe("What keeps the run from going on by itself."),
  window: waitingWindowSchema.optional().describe("The window that the next weight waits for, while it does."),
  liveOnTwin: z.boolean().default(false).describe("Whether the run ended with users on the twin."),
  reshifts: z
    .array(reshiftSchema)
    .default([])
    .describe("The last times that a GitOps tool lowered the weight and it was to be raised again."),
  relabels: z
    .array(relabelSchema)
    .default([])
    .describe("The last times that somebody rewrote the labels of the subsets and they were put right."),
  contended: z
    .string()
    .optional()
    .describe("Who keeps rewriting the labels of the subsets, and what to do about it; absent when nobody does."),
  writer: z
    .string()
    .default("")
    .describe("The controller process that wrote this last: only its own last write allows it to expose more."),
  transitions: z.array(transitionRecordSchema).default([]).describe("How the run came to where it is, oldest first."),
  objectives: z.array(objectiveStatusSchema).default([]).describe("What the objectives say in the current step."),
  notified: listMap(z.array(notifiedSchema), "channel")
    .default([])
    .describe("What people were told already: after a restart only what is newer is sent."),
  preflight: z.array(findingSchema).default([]).describe("What was found before the run started."),
  conditions: listMap(z.array(conditionSchema), "type").default([]).describe("The run's state as conditions."),
});
export type RunStatus = z.output<typeof runStatusSchema>;
