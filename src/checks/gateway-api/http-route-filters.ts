import { z } from "zod";
import { also, flag, problem, textThat } from "../istio/fields.ts";
import { backendRef, dnsName, groupName, headerName, kindName, portNumber, uniqueNames } from "./fields.ts";

/** What an HTTPRoute does with a request besides sending it on. */

const unique = <S extends z.ZodArray>(schema: S): S =>
  also(schema, (value) =>
    (value as readonly unknown[]).flatMap((each, index) =>
      (value as readonly unknown[]).indexOf(each) < index ? [problem([index], "is there already")] : [],
    ),
  );

const headerValues = uniqueNames(
  z.array(z.strictObject({ name: headerName, value: z.string().min(1).max(4096) })).max(16),
);
const headerModifier = z.strictObject({
  set: headerValues.optional(),
  add: headerValues.optional(),
  remove: unique(z.array(z.string()).max(16)).optional(),
});

const path = also(
  z.strictObject({
    type: z.enum(["ReplaceFullPath", "ReplacePrefixMatch"]),
    replaceFullPath: z.string().max(1024).optional(),
    replacePrefixMatch: z.string().max(1024).optional(),
  }),
  (value) =>
    (["replaceFullPath", "replacePrefixMatch"] as const).flatMap((field) => {
      const isMeant = field.toLowerCase() === value.type.toLowerCase();
      if ((value[field] !== undefined) === isMeant) return [];
      return [problem([field], isMeant ? `missing: type is ${value.type}` : `leave it out: type is ${value.type}`)];
    }),
);

const alone = <S extends z.ZodArray>(schema: S): S =>
  also(unique(schema), (value) =>
    (value as readonly unknown[]).includes("*") && (value as readonly unknown[]).length > 1
      ? [problem([], '"*" means all: leave the others out')]
      : [],
  );
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "*"] as const;
const ORIGIN = /^(\*|https?:\/\/((\*\.)?([a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+|\*)(:[0-9]{1,5})?)$/;

const members = {
  requestHeaderModifier: headerModifier.optional(),
  responseHeaderModifier: headerModifier.optional(),
  requestMirror: also(
    z.strictObject({
      backendRef: backendRef({}),
      percent: z.int().min(0).max(100).optional(),
      fraction: also(
        z.strictObject({ numerator: z.int().min(0), denominator: z.int().min(1).optional() }),
        ({ numerator, denominator = 100 }) =>
          numerator > denominator ? [problem(["numerator"], `expected at most the denominator, ${denominator}`)] : [],
      ).optional(),
    }),
    ({ percent, fraction }) =>
      percent !== undefined && fraction !== undefined
        ? [problem(["fraction"], "expected one of percent and fraction")]
        : [],
  ).optional(),
  requestRedirect: z
    .strictObject({
      scheme: z.enum(["http", "https"]).optional(),
      hostname: dnsName.optional(),
      path: path.optional(),
      port: portNumber.optional(),
      statusCode: z.literal([301, 302, 303, 307, 308]).optional(),
    })
    .optional(),
  urlRewrite: z.strictObject({ hostname: dnsName.optional(), path: path.optional() }).optional(),
  cors: z
    .strictObject({
      allowOrigins: alone(
        z
          .array(textThat((text) => ORIGIN.test(text) && text.length <= 253, 'an origin, such as "https://a.com"'))
          .max(64),
      ).optional(),
      allowMethods: alone(z.array(z.enum(METHODS)).max(9)).optional(),
      allowHeaders: alone(z.array(headerName).max(64)).optional(),
      exposeHeaders: unique(z.array(headerName).max(64)).optional(),
      allowCredentials: flag.optional(),
      maxAge: z.int().min(1).optional(),
    })
    .optional(),
  extensionRef: z.strictObject({ group: groupName, kind: kindName, name: z.string().min(1).max(253) }).optional(),
};

const TYPES = [
  "RequestHeaderModifier",
  "ResponseHeaderModifier",
  "RequestMirror",
  "RequestRedirect",
  "URLRewrite",
  "ExtensionRef",
  "CORS",
] as const;
/** Each of the others may be there twice. */
const ONCE: readonly string[] = [
  "RequestHeaderModifier",
  "ResponseHeaderModifier",
  "RequestRedirect",
  "URLRewrite",
  "CORS",
];

const filter = also(z.strictObject({ type: z.enum(TYPES), ...members }), (value) =>
  (Object.keys(members) as (keyof typeof members)[]).flatMap((field) => {
    const isMeant = field.toLowerCase() === value.type.toLowerCase();
    if ((value[field] !== undefined) === isMeant) return [];
    return [problem([field], isMeant ? `missing: type is ${value.type}` : `leave it out: type is ${value.type}`)];
  }),
);

export const filters = also(z.array(filter).max(16), (list) => {
  const types = list.map(({ type }) => type);
  return types.flatMap((type, index) => {
    if (ONCE.includes(type) && types.indexOf(type) < index) return [problem([index], `there is a ${type} already`)];
    const rival = type === "URLRewrite" ? "RequestRedirect" : type === "RequestRedirect" ? "URLRewrite" : undefined;
    return rival !== undefined && types.indexOf(rival) >= 0 && types.indexOf(rival) < index
      ? [problem([index], `expected one of RequestRedirect and URLRewrite`)]
      : [];
  });
});
