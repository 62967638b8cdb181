import { z } from "zod";
import { type CelRule, MEMBERS } from "../rule.ts";

/** The part of OpenAPI v3 that a CRD's structural schema may use, as far as our kinds need it. */
export interface StructuralSchema {
  type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  description?: string;
  default?: unknown;
  enum?: unknown[];
  format?: string;
  nullable?: boolean;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  items?: StructuralSchema;
  properties?: Record<string, StructuralSchema>;
  required?: string[];
  additionalProperties?: StructuralSchema;
  "x-kubernetes-int-or-string"?: true;
  "x-kubernetes-list-type"?: "map" | "set" | "atomic";
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-validations"?: CelRule[];
}

/** What is copied from zod's JSON schema as it stands, in the order in which it is written. */
const COPIED = [
  "description",
  "type",
  "format",
  "nullable",
  "x-kubernetes-int-or-string",
  "enum",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "minItems",
  "maxItems",
  "maxProperties",
  "default",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-validations",
] as const;

/** Known and meant to be left out: the API server prunes or refuses unknown fields by itself, and keys of maps have no schema. */
const DROPPED = ["$schema", "propertyNames", MEMBERS] as const;
const NESTED = ["properties", "required", "items", "additionalProperties"] as const;
const understood: ReadonlySet<string> = new Set([...COPIED, ...DROPPED, ...NESTED]);

type JsonSchema = Record<string, unknown>;

/**
 * The structural schema of what people write for `schema`: fields with a default are not required.
 * Throws on what a structural schema cannot say (unions of shapes, references), instead of losing it in silence.
 */
export function structural(schema: z.ZodType): StructuralSchema {
  return convert(
    z.toJSONSchema(schema, { target: "openapi-3.0", io: "input", unrepresentable: "any" }) as JsonSchema,
    "",
  );
}

function convert(json: JsonSchema, path: string): StructuralSchema {
  const strange = Object.keys(json).filter((key) => !understood.has(key));
  if (strange.length > 0)
    throw new TypeError(`a structural schema cannot say ${strange.join(", ")} (at ${path || "its root"})`);
  const result: JsonSchema = {};
  for (const key of COPIED) if (json[key] !== undefined) result[key] = json[key];
  if (json["type"] === "integer") boundInteger(result);
  // Nothing written and null written are the same, to merge patches as well; null is no default that a CRD could fill in.
  if (result["default"] === null) delete result["default"];

  const properties = json["properties"] as Record<string, JsonSchema> | undefined;
  const members = (json[MEMBERS] ?? []) as readonly string[];
  const required = ((json["required"] ?? []) as string[]).filter((name) => !members.includes(name));
  if (required.length > 0) result["required"] = required;
  if (properties !== undefined) {
    result["properties"] = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, convert(property, `${path}.${name}`)]),
    );
  }
  if (json["items"] !== undefined) result["items"] = convert(json["items"] as JsonSchema, `${path}[]`);
  const additional = json["additionalProperties"];
  if (typeof additional === "object" && additional !== null) {
    result["additionalProperties"] = convert(additional as JsonSchema, `${path}.*`);
  }
  return result;
}

/** zod bounds integers by what a double holds exactly; OpenAPI's word for that is a format. */
function boundInteger(result: JsonSchema): void {
  if (result["minimum"] === Number.MIN_SAFE_INTEGER) delete result["minimum"];
  if (result["maximum"] === Number.MAX_SAFE_INTEGER) delete result["maximum"];
  result["format"] = "int64";
}
