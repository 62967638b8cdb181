import { z } from "zod";
import { withRules, type Rule } from "./rule.ts";

/** A key and a value of a label, as Kubernetes takes them. */
const KEY_PATTERN = "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$";
const VALUE_PATTERN = "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$";
const KEY_EXPECTED = 'expected the key of a label, such as "tier" or "example.com/tier"';
const VALUE_EXPECTED = "expected the value of a label: letters, digits, '-', '_' and '.', at most 63";

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

interface Expression {
  operator: (typeof OPERATORS)[number];
  values?: readonly string[] | undefined;
}

const VALUES_EXPECTED = "In and NotIn need values; Exists and DoesNotExist have none";

const valuesFit: Rule<Expression> = {
  cel: "(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)",
  message: VALUES_EXPECTED,
  broken: ({ operator, values = [] }) =>
    (operator === "In" || operator === "NotIn") === values.length > 0 ? [] : [{ path: [], message: VALUES_EXPECTED }],
};

/** Not in the CRD: keys of a map have no length there, and a rule that reads them would cost more than older API servers allow. */
const matchLabelsSchema = z
  .record(z.string(), z.string().max(63).regex(new RegExp(VALUE_PATTERN), VALUE_EXPECTED))
  .check((context) => {
    for (const key of Object.keys(context.value).filter((each) => !new RegExp(KEY_PATTERN).test(each))) {
      const message = `${KEY_EXPECTED}, got ${JSON.stringify(key)}`;
      context.issues.push({ code: "custom", input: context.value, message });
    }
  })
  .meta({ maxProperties: 16 });

const valueSchema = z.string().max(63).regex(new RegExp(VALUE_PATTERN), VALUE_EXPECTED);

/** metav1.LabelSelector: every one of its requirements has to hold. */
export const labelSelectorSchema = z.strictObject({
  matchLabels: matchLabelsSchema.optional().describe("Labels that must be there with these values."),
  matchExpressions: z
    .array(
      withRules(
        z.strictObject({
          key: z.string().max(317).regex(new RegExp(KEY_PATTERN), KEY_EXPECTED).describe("Key of the label."),
          operator: z.enum(OPERATORS).describe("What must hold of its value."),
          values: z.array(valueSchema).max(32).optional().describe("The values of `In` and `NotIn`."),
        }),
        valuesFit,
      ),
    )
    .max(16)
    .optional()
    .describe("Requirements that one label each must meet."),
});
export type LabelSelector = z.output<typeof labelSelectorSchema>;

/** Whether `selector` picks something with these labels. As everywhere in Kubernetes: none picks nothing, an empty one everything. */
export function isSelected(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => meets(labels[key], operator, values))
  );
}

/** Whether a label's value, undefined where there is none, meets a requirement. Of an operator that does not exist, none does. */
export function meets(value: string | undefined, operator: unknown, values: readonly string[]): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}
