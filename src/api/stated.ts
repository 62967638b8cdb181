import { z } from "zod";

/**
 * `schema` as people write it and as the cluster stores it: fields with a default may be left out and stay so, since a policy may give
 * them. Objects in it likewise; items of lists keep their defaults, and so does everything under a field that is named in `kept`. The
 * rules of `schema` hold: they must not fail where a field is left out.
 */
export function stated<S extends z.ZodObject>(schema: S, kept: readonly string[] = []): z.ZodType<z.input<S>> {
  return withoutDefaults(schema, kept) as unknown as z.ZodType<z.input<S>>;
}

function withoutDefaults(schema: z.ZodObject, kept: readonly string[]): z.ZodObject {
  const fields = Object.entries(schema.shape as Record<string, z.ZodType>);
  const shape = Object.fromEntries(
    fields.map(([name, field]) => [name, kept.includes(name) ? field : bareField(field, kept)]),
  );
  return described(schema.safeExtend(shape as never), schema);
}

function bareField(field: z.ZodType, kept: readonly string[]): z.ZodType {
  if (field instanceof z.ZodObject) return withoutDefaults(field, kept);
  if (!(field instanceof z.ZodDefault) && !(field instanceof z.ZodPrefault)) return field;
  const inner = field.unwrap() as z.ZodType;
  const bare = inner instanceof z.ZodObject ? withoutDefaults(inner, kept) : inner;
  return described(bare.optional(), field);
}

/** What was said about `like` is said about `schema` too. */
function described<T extends z.ZodType>(schema: T, like: z.ZodType): T {
  const meta = like.meta();
  return meta === undefined ? schema : (schema.meta(meta) as T);
}
