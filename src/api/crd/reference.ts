import { API_VERSION } from "../metadata.ts";
import type { KindDefinition } from "./definition.ts";
import { type StructuralSchema, structural } from "./structural.ts";

/** The API's reference as Markdown: every field of every kind with type, default, limits and description, and the rules. */
export function apiReference(kinds: readonly KindDefinition[]): string {
  const intro = [
    `# API reference: \`${API_VERSION}\``,
    [
      'Durations are text with units, such as `90s`, `5m` or `1h30m`. Rates are percentages in quotes, such as `"2%"`. A weight is a',
      'whole number of percent, or a percentage such as `"0.5%"`. The API server refuses everything else, and unknown fields',
      "where validation is strict, as it is with kubectl.",
    ].join("\n"),
    kinds.map((kind) => `- [${kind.kind}](#${kind.kind.toLowerCase()}) (\`kubectl get ${kind.shortName}\`)`).join("\n"),
  ];
  return `${[...intro, ...kinds.flatMap(kindSections)].join("\n\n")}\n`;
}

function kindSections(kind: KindDefinition): string[] {
  return [
    `## ${kind.kind}`,
    `${kind.description} Its name has at most ${kind.nameLength} characters.`,
    ...objectSections(structural(kind.documented ?? kind.spec), `${kind.kind}.spec`),
    ...(kind.status === undefined
      ? []
      : objectSections(
          { ...structural(kind.status.schema), description: kind.status.description },
          `${kind.kind}.status`,
        )),
  ];
}

/** A section for the object at `path`, and one for each object within. */
function objectSections(schema: StructuralSchema, path: string): string[] {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return [];
  const required = new Set(schema.required);
  const rows = properties.map(([name, field]) => row(name, field, required.has(name)));
  const table = ["| field | type | default | |", "| --- | --- | --- | --- |", ...rows].join("\n");
  const rules = rulesOf(schema, properties);
  return [
    `### ${path}`,
    ...(schema.description === undefined ? [] : [schema.description]),
    table,
    ...(rules.length === 0 ? [] : [["Rules:", "", ...rules].join("\n")]),
    ...properties.flatMap(([name, field]) => objectSections(...nested(field, `${path}.${name}`))),
  ];
}

function nested(field: StructuralSchema, path: string): [StructuralSchema, string] {
  const { items } = field;
  if (items === undefined) return [field, path];
  return [{ ...items, ...(field.description === undefined ? {} : { description: field.description }) }, `${path}[]`];
}

function row(name: string, field: StructuralSchema, required: boolean): string {
  const cells = [
    `\`${name}\``,
    cell(typeOf(field)),
    required ? "required" : defaultOf(field),
    cell(field.description ?? ""),
  ];
  return `| ${cells.join(" | ")} |`;
}

function defaultOf({ default: value }: StructuralSchema): string {
  if (value === undefined || value === "" || JSON.stringify(value) === "{}") return "";
  return cell(`\`${JSON.stringify(value)}\``);
}

function typeOf(schema: StructuralSchema): string {
  if (schema["x-kubernetes-int-or-string"] === true) return "weight";
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  const { items, additionalProperties, type = "any" } = schema;
  if (items !== undefined) return `list of ${plural(typeOf(items))}${limits(schema.minItems, schema.maxItems)}`;
  if (additionalProperties !== undefined) return `map of ${plural(typeOf(additionalProperties))}`;
  if (type === "string") return isDuration(schema) ? "duration" : isRate(schema) ? "rate" : "string";
  const numeric = type === "integer" || type === "number";
  return `${type}${numeric ? limits(schema.minimum, schema.maximum) : ""}${schema.nullable === true ? " or null" : ""}`;
}

function plural(type: string): string {
  return type.startsWith("`") || type.startsWith("list") ? type : `${type}s`;
}

function limits(least: number | undefined, most: number | undefined): string {
  if (least === undefined && most === undefined) return "";
  if (most === undefined) return `, at least ${least}`;
  return least === undefined ? `, at most ${most}` : `, ${least} to ${most}`;
}

const ruleSays = (schema: StructuralSchema, word: string) =>
  (schema["x-kubernetes-validations"] ?? []).some(({ message }) => message.startsWith(`expected a ${word}`));
const isDuration = (schema: StructuralSchema) => ruleSays(schema, "duration");
const isRate = (schema: StructuralSchema) => ruleSays(schema, "percentage");

/** The rules of an object, and those of its fields that their own sections do not show. */
function rulesOf(schema: StructuralSchema, properties: readonly [string, StructuralSchema][]): string[] {
  const own = (schema["x-kubernetes-validations"] ?? []).map(({ message, fieldPath }) =>
    rule(message, fieldPath?.slice(1)),
  );
  const ofFields = properties.flatMap(([name, field]) => [
    ...(field["x-kubernetes-list-type"] === "map"
      ? [rule(`no two items share their ${field["x-kubernetes-list-map-keys"]?.join(", ")}`, name)]
      : []),
    ...(field.properties === undefined ? (field["x-kubernetes-validations"] ?? []) : [])
      .filter(
        ({ message }) => !message.startsWith("expected a duration") && !message.startsWith("expected a percentage"),
      )
      .map(({ message }) => rule(message, name)),
  ]);
  return [...own, ...ofFields];
}

function rule(message: string, field: string | undefined): string {
  return `- ${field === undefined ? "" : `\`${field}\`: `}${message}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
