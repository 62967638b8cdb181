import { meets } from "../api/selector.ts";
import { asLabels, asRecord, asRecords, asText, asTexts } from "./raw.ts";

export type Labels = Readonly<Record<string, string>>;

/** Whether `labels` carry every pair of `wanted`; an empty `wanted` fits everything. */
export function carries(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** A metav1.LabelSelector against labels. No selector at all fits nothing, an empty one fits everything. */
export function selects(selector: unknown, labels: Labels): boolean {
  if (selector === undefined || selector === null) return false;
  const { matchLabels, matchExpressions } = asRecord(selector);
  return carries(labels, asLabels(matchLabels)) && asRecords(matchExpressions).every((each) => fits(each, labels));
}

function fits(expression: Readonly<Record<string, unknown>>, labels: Labels): boolean {
  return meets(labels[asText(expression["key"]) ?? ""], expression["operator"], asTexts(expression["values"]));
}

/** "app=checkout,tier=web", as kubectl takes it. */
export function formatLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** `{app: checkout}`, to paste into YAML. */
export function yamlLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `{${pairs.join(", ")}}`;
}
