import { ROLLOUT_NAME_LENGTH } from "../fields.ts";
import { rolloutSpecSchema } from "../rollout.ts";
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
  spec: rolloutSpecSchema,
  status: rolloutStatusSchema,
  statusDescription: "What Sluice sees and does. Written by Sluice only.",
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
  status: runStatusSchema,
  statusDescription: "The engine's memory and the evidence. Written by Sluice only.",
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

export const kinds: readonly KindDefinition[] = [rolloutKind, runKind];

/** The CRDs of all kinds, made afresh. */
export function allCrds(): CustomResourceDefinition[] {
  return kinds.map(crdOf);
}
