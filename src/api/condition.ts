import { z } from "zod";
import { timeSchema } from "./fields.ts";

/** metav1.Condition. */
export const conditionSchema = z.object({
  type: z.string().describe("What this condition is about, such as `Ready`."),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds."),
  reason: z.string().describe("Why, in one CamelCase word for machines."),
  message: z.string().describe("Why, in a sentence for people."),
  lastTransitionTime: timeSchema.describe("When the status last changed."),
  observedGeneration: z.int().optional().describe("The metadata.generation of the spec that was looked at."),
});
export type Condition = z.output<typeof conditionSchema>;
