import { z } from "zod";
import { timeSchema } from "./fields.ts";

export const evidenceSchema = z.object({
  view: z.enum(["destination", "source"]).describe("Who counted: the pods' own proxies, or the callers'."),
  total: z.number().describe("Requests."),
  bad: z.number().describe("Bad ones among them."),
  // Never written as null, which scripts of GitOps tools cannot hand back as they found it; runs that are stored have it.
  fraction: z.number().nullable().optional().describe("Bad over total, from 0 to 1; absent without requests."),
  limitFraction: z.number().describe("The largest fraction allowed, from 0 to 1."),
  eValue: z.number().describe("How strongly the numbers speak against the limit being kept. A breach from 1/alpha up."),
  alpha: z.number().describe("How often a release exactly at the limit is taken for a breach, at most."),
  from: timeSchema.describe("Beginning of the time that was counted."),
  to: timeSchema.describe("End of the time that was counted."),
  query: z.string().describe("The PromQL that was asked."),
});

export const objectiveStatusSchema = z.object({
  name: z.string().describe("The objective's name."),
  verdict: z.enum(["pass", "breach", "inconclusive"]).describe("What the numbers say."),
  message: z.string().describe("The verdict in a sentence."),
  evidence: evidenceSchema.optional().describe("The numbers themselves."),
});
export type ObjectiveStatus = z.output<typeof objectiveStatusSchema>;
