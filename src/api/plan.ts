import { channelSchema } from "./notifications.ts";
import { z } from "zod";
import { onBreachSchema } from "./analysis.ts";
import { overrunSchema, windowKindSchema } from "./windows.ts";

export const MAX_OBJECTIVES = 20;
export const MAX_PLANNED_WINDOWS = 200;
/** Those of the Rollout and of its policies. */
export const MAX_PLANNED_CHANNELS = 30;

/** A run's plan: the Rollout's spec with every default filled in and every unit resolved. */

export const plannedStepSchema = z.strictObject({
  name: z.string().max(63).describe("The step's name; those of the promotion are `all-50` and the like, and `all`."),
  weight: z.number().min(0).max(100).describe("Percent of the users."),
  observeMs: z.int().min(0).describe("How long this weight is watched, in milliseconds."),
  approval: z.boolean().describe("Whether the step waits for `approve`."),
  promotion: z.boolean().describe("Whether it is part of the implicit step `all`."),
});
export type PlannedStep = z.output<typeof plannedStepSchema>;

export const plannedObjectiveSchema = z.strictObject({
  name: z.string().max(63).describe("The objective's name."),
  kind: z
    .enum(["errorRate", "latency"])
    .describe("What is counted as bad: failed requests, or requests slower than `maxMs`."),
  limitFraction: z.number().min(0).max(1).describe("The largest fraction of bad requests, from 0 to 1."),
  maxMs: z.number().optional().describe("A latency objective's limit, in milliseconds."),
  onBreach: onBreachSchema.describe("What a breach does."),
});
export type PlannedObjective = z.output<typeof plannedObjectiveSchema>;

export const plannedWindowSchema = z.strictObject({
  name: z.string().max(63).describe("The window's name."),
  kind: windowKindSchema.describe("Whether it lets the run go on, or stops it."),
  schedule: z.string().max(100).describe("When it opens, in cron's five fields."),
  durationMs: z.int().min(1).describe("How long it stays open, in milliseconds."),
  timeZone: z.string().max(64).describe("The time zone that the schedule is read in."),
  overrun: overrunSchema.describe("What becomes of a run that is under way when it stands in the way."),
  from: z
    .string()
    .max(300)
    .default("Rollout")
    .describe("The object that states it. The windows of each object have to be open by themselves."),
});
export type PlannedWindow = z.output<typeof plannedWindowSchema>;

const plannedAnalysisSchema = z.strictObject({
  prometheus: z.string().max(253).describe("Name of the Prometheus that is asked."),
  intervalMs: z.int().min(1).describe("How often the numbers are read, in milliseconds."),
  minRequests: z.int().min(1).describe("How many requests a step needs before it can pass."),
  onInconclusive: z
    .strictObject({
      holdMs: z.int().min(0).describe("How long a step waits for numbers that say something, in milliseconds."),
      then: z.enum(["Pause", "Rollback"]).describe("What is done after that."),
    })
    .describe("What happens when the numbers say nothing."),
  objectives: z
    .array(plannedObjectiveSchema)
    .min(1)
    .max(MAX_OBJECTIVES)
    .describe("The limits that the new version must keep to."),
});

/** What the run goes by, whatever becomes of the spec. */
export const planSchema = z.strictObject({
  steps: z
    .array(plannedStepSchema)
    .min(1)
    .max(40)
    .describe("Every weight on the way, the promotion's ramp included. The last one is 100."),
  keepPreviousMs: z.int().min(0).describe("How long the old pods stay for an instant undo, in milliseconds."),
  drainAfterMs: z
    .int()
    .min(0)
    .describe(
      "How long the candidate's pods may take to end before the routes are put back all the same, in milliseconds.",
    ),
  settleMs: z
    .int()
    .min(0)
    .describe("How long a change that shows in no traffic is given to reach every proxy, in milliseconds."),
  unmanagedCallers: z
    .enum(["Refuse", "Accept"])
    .default("Refuse")
    .describe(
      "Whether callers past the managed routes were accepted: they meet the new version by its share of the pods.",
    ),
  notifications: z
    .array(channelSchema)
    .max(MAX_PLANNED_CHANNELS)
    .default([])
    .describe("Who is told what the run does."),
  progressDeadlineMs: z.int().min(1).describe("How long pods and weights may take, in milliseconds."),
  windows: z
    .array(plannedWindowSchema)
    .max(MAX_PLANNED_WINDOWS)
    .default([])
    .describe("When weights may rise. Empty for a run that goes back to a version which users were on before."),
  analysis: plannedAnalysisSchema.describe("What is measured, and what is done about it."),
  origins: z
    .record(z.string(), z.string().max(300))
    .meta({ maxProperties: 200 })
    .default({})
    .describe(
      "Where the values come from, by the field of the Rollout's spec that says them: `Rollout`, `default`, `RolloutPolicy/NAME` or `ClusterRolloutPolicy/NAME`, with `(limit)` where its limit holds. A field speaks for what is in it. A window says it itself.",
    ),
});
export type Plan = z.output<typeof planSchema>;
