import { z } from "zod";
import { conditionSchema } from "./condition.ts";
import { timeSchema } from "./fields.ts";
import { OUTCOMES } from "./phase.ts";
import { listMap } from "./rule.ts";

export const liveSchema = z.object({
  track: z.enum(["own", "twin"]).describe("Where its pods live: in the user's own Deployment, or in a twin of it."),
  revision: z.string().describe("Name of the PodTemplate that holds it."),
  hash: z.string().describe("Digest of its pod template."),
  workload: z.string().describe("Name of the Deployment that runs it."),
  uid: z
    .string()
    .optional()
    .describe("UID of the user's Deployment when it went live: one that was made anew begins anew."),
});

export const rolloutStatusSchema = z.object({
  observedGeneration: z
    .int()
    .default(-1)
    .describe("The metadata.generation of the spec that the rest is about; -1 before anyone looked."),
  phase: z.string().default("").describe("Where the current run is, or how the last one ended."),
  message: z.string().default("").describe("What is going on, in a sentence."),
  currentRun: z.string().optional().describe("Name of the RolloutRun that is under way."),
  lastRun: z.string().optional().describe("Name of the newest RolloutRun that has ended."),
  weight: z.number().optional().describe("Percent of the users that meet the new version."),
  step: z.string().optional().describe("The step that is being worked on."),
  live: liveSchema.optional().describe("The revision that users are on."),
  ended: z
    .object({
      run: z.string().describe("Name of the RolloutRun."),
      outcome: z.enum(OUTCOMES).describe("How it ended."),
      hash: z.string().describe("Digest of the pod template that it brought."),
      message: z.string().describe("Why, in a sentence."),
    })
    .optional()
    .describe(
      "How the newest run ended: known also when the run itself was deleted, so that what it refused stays out.",
    ),
  nextWakeTime: timeSchema
    .optional()
    .describe("The next opening of the window that the run waits for: when it goes on by itself."),
  conditions: listMap(z.array(conditionSchema), "type")
    .default([])
    .describe("`Ready`, `Reconciling` and `Stalled`, as kstatus and Argo CD read them, and others of Sluice's own."),
});
export type RolloutStatus = z.output<typeof rolloutStatusSchema>;
