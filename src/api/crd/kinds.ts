import { ROLLOUT_NAME_LENGTH } from "../fields.ts";
import { clusterRolloutPolicySpecSchema, rolloutPolicySpecSchema } from "../policy/spec.ts";
import { rolloutSpecSchema, statedRolloutSchema } from "../rollout.ts";
import { rolloutStatusSchema, runSpecSchema, runStatusSchema } from "../run.ts";
import { crdOf, type CustomResourceDefinition, type KindDefinition } from "./definition.ts";

const AGE = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" } as const;

export const rolloutKind: KindDefinition = {
  kind: "Rollout",
  plural: "rollouts",
  singular: "rollout",
  shortName: "sro",
  description:
    "A Rollout says what is protected and how: a workload, the traffic that reaches it, the steps in which a new version meets users, and the limits that it must keep to. It belongs to Git.",
  spec: statedRolloutSchema,
  documented: rolloutSpecSchema,
  status: { schema: rolloutStatusSchema, description: "What Sluice sees and does. Written by Sluice only." },
  nameLength: ROLLOUT_NAME_LENGTH,
  columns: [
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "Step", type: "string", jsonPath: ".status.step" },
    {
      name: "Weight",
      type: "number",
      jsonPath: ".status.weight",
      description: "Percent of the users that meet the new version.",
    },
    { name: "Message", type: "string", jsonPath: ".status.message" },
    {
      name: "Live",
      type: "string",
      jsonPath: ".status.live.revision",
      description: "The revision that users are on.",
      priority: 1,
    },
    AGE,
  ],
};

export const runKind: KindDefinition = {
  kind: "RolloutRun",
  plural: "rolloutruns",
  singular: "rolloutrun",
  shortName: "srr",
  description:
    "A RolloutRun is one attempt to bring one revision to users: the plan that it goes by, the commands that people gave, and the evidence. Sluice makes it; it never belongs to Git.",
  spec: runSpecSchema,
  status: { schema: runStatusSchema, description: "The engine's memory and the evidence. Written by Sluice only." },
  nameLength: 63,
  columns: [
    { name: "Rollout", type: "string", jsonPath: ".spec.rollout" },
    { name: "Reason", type: "string", jsonPath: ".spec.reason" },
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "Step", type: "integer", jsonPath: ".status.step", description: "Index into spec.plan.steps." },
    {
      name: "Weight",
      type: "number",
      jsonPath: ".status.weightInForce",
      description: "Percent of the users that meet the new version.",
    },
    AGE,
  ],
};

const NEVER_MID_RUN = "A run keeps what it began with, whatever becomes of the policy.";

export const policyKind: KindDefinition = {
  kind: "RolloutPolicy",
  plural: "rolloutpolicies",
  singular: "rolloutpolicy",
  shortName: "srp",
  description: `A RolloutPolicy holds steps, objectives, windows and notifications for many Rollouts of its namespace. A Rollout overrides what it states itself. ${NEVER_MID_RUN}`,
  spec: rolloutPolicySpecSchema,
  nameLength: 253,
  columns: [AGE],
};

export const clusterPolicyKind: KindDefinition = {
  kind: "ClusterRolloutPolicy",
  plural: "clusterrolloutpolicies",
  singular: "clusterrolloutpolicy",
  shortName: "scrp",
  scope: "Cluster",
  description: `A ClusterRolloutPolicy holds what a RolloutPolicy does, for the Rollouts of the namespaces that it selects, and limits that can be tightened but not loosened. ${NEVER_MID_RUN}`,
  spec: clusterRolloutPolicySpecSchema,
  nameLength: 253,
  columns: [
    {
      name: "First",
      type: "string",
      jsonPath: ".spec.limits.maxFirstWeight",
      description: "The largest share of the users in the first step.",
    },
    {
      name: "Observe",
      type: "string",
      jsonPath: ".spec.limits.minObserve",
      description: "How long each weight is watched at least.",
    },
    AGE,
  ],
};

export const kinds: readonly KindDefinition[] = [rolloutKind, runKind, policyKind, clusterPolicyKind];

/** The CRDs of all kinds, made afresh. */
export function allCrds(): CustomResourceDefinition[] {
  return kinds.map(crdOf);
}
