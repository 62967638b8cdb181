import { z } from "zod";
import { dnsLabelSchema, durationOfAtLeast, durationSchema, nameSchema, rateSchema } from "./fields.ts";
import { exactlyOneOf, listMap, MEMBERS, withRules } from "./rule.ts";

export const onBreachSchema = z.enum(["Rollback", "Pause"]);

/** An objective has exactly one kind. To add one: a field, and its name here. */
const OBJECTIVE_KINDS = ["errorRate", "latency"] as const;

export const objectiveSchema = withRules(
  z.strictObject({
    name: dnsLabelSchema.describe("Name of the objective, unique in the list."),
    errorRate: z
      .strictObject({ max: rateSchema.describe('The largest fraction of requests that may fail, such as "2%".') })
      .optional()
      .describe("At most this fraction of requests fails, with a 5xx or a gRPC status that says so."),
    latency: z
      .strictObject({
        quantile: rateSchema
          .default("95%")
          .describe('The fraction of requests that must be fast enough, such as "95%".'),
        max: durationOfAtLeast("1ms").describe(
          'What such a request may take at most, such as "500ms". Best a bucket bound of the histogram: between two bounds nothing is known.',
        ),
      })
      .optional()
      .describe("This fraction of requests takes at most `max`."),
    onBreach: onBreachSchema.optional().describe("What a breach of this objective does. Default: `analysis.onBreach`."),
  }),
  exactlyOneOf(OBJECTIVE_KINDS, "an objective has one kind of limit"),
).meta({ [MEMBERS]: OBJECTIVE_KINDS });

export const analysisSchema = z.strictObject({
  prometheus: z
    .strictObject({ name: nameSchema.default("default").describe("Its name in the controller's configuration.") })
    .prefault({})
    .describe("The Prometheus that is asked."),
  interval: durationOfAtLeast("1s").default("10s").describe("How often the numbers are read."),
  minRequests: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(100)
    .describe("How many requests the new version must have answered in a step before the step can pass."),
  onBreach: onBreachSchema
    .default("Rollback")
    .describe(
      "What a breach does: `Rollback` takes the new version away from all users at once, `Pause` stays at the weight that was last confirmed to be in force and waits for people.",
    ),
  onInconclusive: z
    .strictObject({
      hold: durationSchema.default("15m").describe("How long a step waits for numbers that say something."),
      then: z
        .enum(["Pause", "Rollback"])
        .default("Pause")
        .describe("What is done after that. The new version is never promoted."),
    })
    .prefault({})
    .describe("What happens when the numbers say nothing: too few requests, no data, no Prometheus."),
  objectives: listMap(z.array(objectiveSchema).min(1).max(20), "name")
    .default([
      { name: "errors", errorRate: { max: "2%" } },
      { name: "latency", latency: { quantile: "95%", max: "500ms" } },
    ])
    .describe("The limits that the new version must keep to."),
});

export type Objective = z.output<typeof objectiveSchema>;
