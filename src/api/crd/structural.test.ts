import { describe, expect, test } from "vitest";
import { z } from "zod";
import { exactlyOneOf, MEMBERS, withRules } from "../rule.ts";
import { kinds } from "./kinds.ts";
import { type StructuralSchema, structural } from "./structural.ts";

test("fields with a default, and members of a union, are not required", () => {
  const union = withRules(
    z.strictObject({ name: z.string(), size: z.int().default(3), a: z.string(), b: z.string().optional() }),
    exactlyOneOf(["a", "b"], "one letter"),
  ).meta({ [MEMBERS]: ["a", "b"] });
  const schema = structural(union);
  expect(schema.required).toEqual(["name"]);
  expect(schema["x-kubernetes-validations"]?.[0]?.rule).toBe("[has(self.a), has(self.b)].exists_one(there, there)");
  expect(schema).not.toHaveProperty(MEMBERS);
});

test("integers have a format in place of the bounds of a double", () => {
  expect(structural(z.int())).toEqual({ type: "integer", format: "int64" });
  expect(structural(z.int().min(1))).toEqual({ type: "integer", format: "int64", minimum: 1 });
});

test("maps, lists and null keep their shape", () => {
  expect(structural(z.record(z.string(), z.string()))).toEqual({
    type: "object",
    additionalProperties: { type: "string" },
  });
  expect(structural(z.array(z.boolean()).max(2))).toEqual({ type: "array", maxItems: 2, items: { type: "boolean" } });
  expect(structural(z.number().nullable().default(null))).toEqual({ type: "number", nullable: true });
});

test("what a structural schema cannot say is an error, not a loss", () => {
  expect(() => structural(z.object({ a: z.object({ b: z.union([z.string(), z.object({})]) }) }))).toThrow(
    /anyOf \(at \.a\.b\)/,
  );
});

describe.each(kinds)("every field of $kind", ({ spec, status }) => {
  test("has a description that is a sentence", () => {
    const ofStatus = status === undefined ? [] : fields(structural(status.schema), "status");
    const lacking = [...fields(structural(spec), "spec"), ...ofStatus]
      .filter(([, field]) => !/^.{5,}[.]$/s.test(field.description ?? ""))
      .map(([path]) => path);
    expect(lacking).toEqual([]);
  });
});

function fields(schema: StructuralSchema, path: string): [string, StructuralSchema][] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]): [string, StructuralSchema][] => [
    [`${path}.${name}`, field],
    ...fields(field, `${path}.${name}`),
  ]);
  return schema.items === undefined ? own : [...own, ...fields(schema.items, `${path}[]`)];
}
