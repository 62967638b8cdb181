import { z } from "zod";
import { also, dnsLabel, exportToProblems, host, labels, problem, selector, texts } from "./fields.ts";
import { trafficPolicy } from "./traffic-policy.ts";

/** https://istio.io/latest/docs/reference/config/networking/destination-rule/ */

const subset = z.strictObject({ name: dnsLabel, labels: labels.optional(), trafficPolicy: trafficPolicy.optional() });

const fields = z.strictObject({
  host,
  trafficPolicy: trafficPolicy.optional(),
  subsets: z.array(subset).optional(),
  exportTo: texts.optional(),
  workloadSelector: selector.optional(),
});

/** A DestinationRule's spec in `namespace`. */
export function destinationRuleSpec(namespace: string): z.ZodType {
  return also(fields, ({ subsets = [], exportTo = [], workloadSelector }) => {
    const names = subsets.map(({ name }) => name);
    const isElsewhere = exportTo.length > 0 && !exportTo.every((each) => each === "." || each === namespace);
    return [
      ...names.flatMap((name, index) =>
        names.indexOf(name) < index
          ? [problem(["subsets", index, "name"], `${name} is the name of subset ${names.indexOf(name)} already`)]
          : [],
      ),
      ...exportToProblems(namespace, exportTo),
      ...(workloadSelector !== undefined && isElsewhere
        ? [problem(["exportTo"], "a rule with a workloadSelector stays in its namespace: leave exportTo out")]
        : []),
    ];
  });
}
