import { formatPercent } from "../api/units.ts";
import { defineCheck } from "./define.ts";

export const webhookDryRun = defineCheck(
  {
    id: "webhook-dry-run",
    number: 30,
    title: "The API server and its admission webhooks accept every weight that is planned.",
    severity: "fail",
    reason:
      "A weight that is refused in the middle of a run leaves users where they are; one that is refused on the way back would leave them on the candidate.",
    remedy:
      "Mend what the message names, or have the webhook or policy that refuses it let Sluice's service account write weights.",
  },
  ({ dryRun }) => {
    if (dryRun === undefined) {
      return [{ severity: "warn", message: "The planned weights were not tried with the API server (dryRun=All)." }];
    }
    const weightsByRefusal = new Map<string, { object: string; error: string; weights: number[] }>();
    for (const { object, weight, error } of dryRun) {
      if (error === undefined) continue;
      const refusal = weightsByRefusal.get(`${object}\n${error}`) ?? { object, error, weights: [] };
      refusal.weights.push(weight);
      weightsByRefusal.set(`${object}\n${error}`, refusal);
    }
    return [...weightsByRefusal.values()].map(({ object, error, weights }) => ({
      message: `${object} cannot be written with the candidate at ${weights.map(formatPercent).join(", ")}: ${error}`,
    }));
  },
);
