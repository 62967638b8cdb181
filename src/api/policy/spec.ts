import { z } from "zod";
import { objectiveSchema } from "../analysis.ts";
import { durationSchema, weightAboveZeroSchema } from "../fields.ts";
import { rolloutSpecSchema } from "../rollout.ts";
import { promotionIsObserved, stepsAreObserved } from "../rollout-rules.ts";
import { listMap, withRules } from "../rule.ts";
import { type LabelSelector, labelSelectorSchema } from "../selector.ts";
import { stated } from "../stated.ts";

const { steps, promotion, windows, analysis, notifications } = rolloutSpecSchema.shape;
/** What a policy can give. Each field means what it means in a Rollout, and a Rollout's own goes before it. */
const given = { steps, promotion, windows, analysis, notifications };

export const limitsSchema = z.strictObject({
  objectives: listMap(z.array(objectiveSchema).min(1).max(20), "name")
    .optional()
    .describe(
      "Objectives that every plan has, or stricter ones. One that a Rollout states more loosely is tightened, one that it lacks is added. With `onBreach: Rollback` a Rollout cannot pause instead.",
    ),
  maxFirstWeight: weightAboveZeroSchema()
    .optional()
    .describe(
      "The largest share of the users that the first step which has any may have. Where it would be more, a step of this weight comes before it.",
    ),
  minObserve: durationSchema
    .optional()
    .describe("How long each weight is watched at least, those of the promotion too. What is shorter is lengthened."),
  approval: z
    .strictObject({})
    .optional()
    .describe(
      "When it is there, even empty, some step below 100 must be approved by somebody. Where none is, the last one asks for it.",
    ),
});
export type Limits = z.output<typeof limitsSchema>;

export const rolloutPolicySpecSchema = stated(
  withRules(
    z.strictObject({
      selector: labelSelectorSchema
        .optional()
        .describe(
          "Which Rollouts of this namespace it is for, by their labels; `{}` is all of them. When it is left out, only those that name it in `spec.policyRef`.",
        ),
      ...given,
    }),
    stepsAreObserved,
    promotionIsObserved,
  ),
);
export const clusterRolloutPolicySpecSchema = stated(
  withRules(
    z.strictObject({
      namespaceSelector: labelSelectorSchema
        .optional()
        .describe(
          "The namespaces whose Rollouts it is for, by their labels; `{}` is all of them. When it is left out, only Rollouts that name it in `spec.policyRef`.",
        ),
      ...given,
      limits: limitsSchema
        .optional()
        .describe("What a Rollout, or a policy of its namespace, can tighten but not loosen."),
    }),
    stepsAreObserved,
    promotionIsObserved,
  ),
);

/** The spec of either, as stated: what it gives to Rollouts is among the rest, as a Rollout would state it. */
export interface PolicySpec extends Readonly<Record<string, unknown>> {
  selector?: LabelSelector | undefined;
  namespaceSelector?: LabelSelector | undefined;
  limits?: Limits | undefined;
}
