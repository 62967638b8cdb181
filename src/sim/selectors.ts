import { at, isFields, items } from "./json.ts";

type Labels = Readonly<Record<string, string>> | undefined;
export type LabelTest = (labels: Labels) => boolean;

const everything: LabelTest = () => true;

/** Whether `labels` carries all of `wanted`; true when nothing is wanted. */
export function hasLabels(labels: Labels, wanted: Labels): boolean {
  for (const key in wanted) if (labels?.[key] !== wanted[key]) return false;
  return true;
}

function requirement(key: string, operator: string, values: readonly string[]): LabelTest {
  if (operator === "in") return (labels) => labels?.[key] !== undefined && values.includes(labels[key]);
  if (operator === "notin") return (labels) => labels?.[key] === undefined || !values.includes(labels[key]);
  if (operator === "exists") return (labels) => labels?.[key] !== undefined;
  return (labels) => labels?.[key] === undefined;
}

function parseRequirement(text: string): LabelTest {
  const set = /^([^\s!=]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set)
    return requirement(
      set[1] ?? "",
      set[2] ?? "",
      (set[3] ?? "").split(",").map((value) => value.trim()),
    );
  const comparison = /^([^\s!=]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (comparison)
    return requirement(comparison[1] ?? "", comparison[2] === "!=" ? "notin" : "in", [comparison[3] ?? ""]);
  return text.startsWith("!") ? requirement(text.slice(1).trim(), "absent", []) : requirement(text, "exists", []);
}

/** `a=b,c!=d,e in (x,y),f,!g`, as it stands in a URL. */
export function labelTest(selector: string | undefined): LabelTest {
  if (selector === undefined || selector.trim() === "") return everything;
  const tests = selector.split(/,(?![^(]*\))/).map((part) => parseRequirement(part.trim()));
  return (labels) => tests.every((passes) => passes(labels));
}

/** metav1.LabelSelector. Undefined selects nothing. */
export function selectorTest(selector: unknown): LabelTest {
  if (!isFields(selector)) return () => false;
  const wanted = (selector["matchLabels"] ?? {}) as Record<string, string>;
  const tests = items(selector["matchExpressions"]).map((expression) => {
    const operator = String(expression["operator"]).toLowerCase().replace("doesnotexist", "absent");
    return requirement(String(expression["key"]), operator, (expression["values"] ?? []) as string[]);
  });
  return (labels) => hasLabels(labels, wanted) && tests.every((passes) => passes(labels));
}

/** `metadata.name=a,status.phase!=Running`. Real servers serve a few fields of each kind; here any path goes. */
export function fieldTest(selector: string | undefined): (object: object) => boolean {
  if (selector === undefined || selector.trim() === "") return everything as () => boolean;
  const tests = selector.split(",").map((part) => {
    const [, path = "", operator, value = ""] = /^([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(part.trim()) ?? [];
    return (object: object) => (String(at(object, ...path.split(".")) ?? "") === value) === (operator !== "!=");
  });
  return (object) => tests.every((passes) => passes(object));
}
