import { z } from "zod";
import { analysisSchema } from "./analysis.ts";
import { dnsLabelSchema, durationOfAtLeast, durationSchema, nameSchema, weightSchema } from "./fields.ts";
import { notificationsSchema } from "./notifications.ts";
import {
  MAX_RAMP,
  MAX_STEPS,
  nameIsNotReserved,
  promotionIsObserved,
  rampEndsAtAll,
  rampRises,
  stepsAreObserved,
  weightsRise,
} from "./rollout-rules.ts";
import { exactlyOneOf, listMap, MEMBERS, withRules } from "./rule.ts";
import { stated } from "./stated.ts";
import { trafficSchema } from "./traffic.ts";
import { windowsSchema } from "./windows.ts";

export const workloadSchema = z.strictObject({
  apiVersion: z.literal("apps/v1").default("apps/v1").describe("The workload's API version."),
  kind: z.literal("Deployment").default("Deployment").describe("The workload's kind."),
  name: nameSchema.describe("Name of the Deployment that Sluice protects, in the Rollout's namespace."),
});

/** A step has exactly one kind of member. To add a kind: a field, and its name here. */
const STEP_MEMBERS = ["weight"] as const;

export const stepSchema = withRules(
  z.strictObject({
    name: withRules(dnsLabelSchema, nameIsNotReserved).describe(
      "Name of the step, unique in the list: what `approve` and `skip` name. The names `all` and `all-…` are taken by the promotion.",
    ),
    weight: weightSchema("missing: a step has exactly one kind of member, weight, such as `weight: 10`").describe(
      'Percent of the users that meet the new version: a whole number from 0 to 100, or a percentage such as "0.5%". Weights rise from step to step.',
    ),
    observe: durationSchema
      .default("5m")
      .describe(
        "How long the new version is watched at this weight before the next step. No shorter than `analysis.interval`.",
      ),
    approval: z
      .strictObject({})
      .optional()
      .describe(
        "When it is there, even empty, the run waits after this step has passed until somebody approves it by name.",
      ),
  }),
  exactlyOneOf(STEP_MEMBERS, "a step has one kind of member"),
).meta({ [MEMBERS]: STEP_MEMBERS });

const stepsSchema = withRules(listMap(z.array(stepSchema).max(MAX_STEPS), "name"), weightsRise);

export const promotionSchema = z.strictObject({
  ramp: withRules(z.array(weightSchema()).min(1).max(MAX_RAMP), rampRises, rampEndsAtAll)
    .default([50, 100])
    .describe(
      "The weights that the last step, `all`, goes through. They rise, and end at 100. Those at or below the last step's weight are left out.",
    ),
  observe: durationSchema
    .default("1m")
    .describe("How long each weight of the ramp is watched. No shorter than `analysis.interval`."),
  keepPrevious: durationSchema
    .default("10m")
    .describe(
      "How long the old pods stay after all users have left them, so that the promotion can be undone at once.",
    ),
});

export const rollbackSchema = z.strictObject({
  drainAfter: durationSchema
    .default("30s")
    .describe(
      "How long the candidate's pods may take to end, once no user is sent to them, before the routes are put back without waiting for the last of them.",
    ),
});

export const POLICY_KINDS = ["RolloutPolicy", "ClusterRolloutPolicy"] as const;
export type PolicyKind = (typeof POLICY_KINDS)[number];

export const policyRefSchema = z.strictObject({
  kind: z
    .enum(POLICY_KINDS)
    .default("RolloutPolicy")
    .describe("A policy of this namespace, or one of the whole cluster, whichever namespaces that selects."),
  name: nameSchema.describe("Name of the policy."),
});

export const rolloutSpecSchema = withRules(
  z.strictObject({
    workload: workloadSchema.describe("What is protected. A change of its pod template begins a run."),
    traffic: trafficSchema.describe("How users reach the workload, and where their shares are set."),
    policyRef: policyRefSchema
      .optional()
      .describe(
        "A policy that this Rollout asks for by name, beside those that select it. What the Rollout states itself goes before it.",
      ),
    steps: stepsSchema
      .default([
        { name: "first", weight: 10, observe: "5m" },
        { name: "third", weight: 30, observe: "5m" },
      ])
      .describe(
        "The way of a new version to all users, one step after the other. A last step `all`, at 100, follows by itself.",
      ),
    promotion: promotionSchema
      .prefault({})
      .describe("The last step, `all`: how the remaining users follow, and how long the way back is kept."),
    windows: windowsSchema
      .default([])
      .describe(
        "When users may be given to a new version, and when not: maintenance windows and freezes. Taking a version back is never held up by one.",
      ),
    rollback: rollbackSchema.prefault({}).describe("What happens after the new version was taken away from all users."),
    analysis: analysisSchema.prefault({}).describe("What is measured, and what is done about it."),
    progressDeadline: durationOfAtLeast("1s")
      .default("10m")
      .describe(
        "How long the new version's pods may take to be ready, and a weight to come into force. After that the run is taken back.",
      ),
    suspend: z
      .boolean()
      .default(false)
      .describe(
        "Git's own stop: no run starts, and one that is under way holds where it is. Rolling back still works.",
      ),
    notifications: notificationsSchema.prefault({}).describe("Who is told what the runs do, and how."),
    historyLimit: z.int().min(1).max(100).default(10).describe("How many finished RolloutRuns are kept."),
  }),
  stepsAreObserved,
  promotionIsObserved,
);

/**
 * What a Rollout states by itself: what the API server judges. What is left out comes from the policies, or is the default; hence the
 * cluster fills in nothing that a plan holds.
 */
export const statedRolloutSchema = stated(rolloutSpecSchema, ["workload", "istio", "suspend", "historyLimit"]);

export type RolloutSpec = z.output<typeof rolloutSpecSchema>;
/** As a user may write it, defaults left out. */
export type RolloutSpecInput = z.input<typeof rolloutSpecSchema>;
export type Step = z.output<typeof stepSchema>;
export type { Objective } from "./analysis.ts";
