import { z } from "zod";

/** How things were before a run's first write: what is put back where it is still ours. */

export const routeAsFoundSchema = z.object({
  namespace: z.string().describe("The VirtualService's namespace."),
  name: z.string().describe("The VirtualService's name."),
  route: z.string().describe("Name of the http route; its index as text when it has none."),
  form: z.enum(["plain", "split"]).describe("One destination without a subset, or both subsets."),
  destinations: z.string().describe("The route's destinations as they were, as canonical JSON."),
  weight: z.number().describe("The weight of the subset `canary`, in percent."),
});
export type RouteAsFound = z.output<typeof routeAsFoundSchema>;

const labels = (subset: string) =>
  z
    .record(z.string(), z.string())
    .optional()
    .describe(`Labels of the subset \`${subset}\`. Absent: there was no such subset.`);

export const ruleAsFoundSchema = z.object({
  existed: z.boolean().describe("Whether there was a DestinationRule."),
  stable: labels("stable"),
  canary: labels("canary"),
});
export type RuleAsFound = z.output<typeof ruleAsFoundSchema>;

export const asFoundSchema = z.object({
  routes: z.array(routeAsFoundSchema).describe("The managed routes."),
  rule: ruleAsFoundSchema.describe("The DestinationRule's subsets."),
  scaling: z
    .object({
      kind: z.string().describe("The autoscaler's kind."),
      name: z.string().describe("The autoscaler's name."),
      minReplicas: z.number().nullable().optional().describe("Its floor; absent when it had none."),
      raisedTo: z
        .number()
        .optional()
        .describe(
          "What an earlier run had raised the floor to, which ended with its users on the twin and never put it back.",
        ),
    })
    .optional()
    .describe("The autoscaler, when there is one."),
});
export type AsFound = z.output<typeof asFoundSchema>;
