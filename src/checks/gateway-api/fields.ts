import { z } from "zod";
import { also, problem, textThat } from "../istio/fields.ts";

/** Fields that several parts of an HTTPRoute have. */

const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const HEADER = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;

export const dnsName = textThat(
  (text) => DNS_NAME.test(text) && text.length <= 253,
  "a name in small letters, digits, '-' and '.'",
);
export const groupName = textThat(
  (text) => text === "" || (DNS_NAME.test(text) && text.length <= 253),
  "a group of the API",
);
export const kindName = textThat(
  (text) => /^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/.test(text) && text.length <= 63,
  "a kind",
);
export const namespaceName = textThat(
  (text) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text) && text.length <= 63,
  "the name of a namespace",
);
export const headerName = textThat((text) => HEADER.test(text) && text.length <= 256, "the name of a header");
export const portNumber = z.int().min(1).max(65535);

/** What is sent to: a Service, unless kind and group say otherwise. `more` are fields besides. */
export function backendRef<Shape extends z.ZodRawShape>(more: Shape) {
  const shape = {
    group: groupName.optional(),
    kind: kindName.optional(),
    namespace: namespaceName.optional(),
    name: z.string().min(1).max(253),
    port: portNumber.optional(),
    ...more,
  };
  return also(z.strictObject(shape), (value) => {
    const { group = "", kind = "Service", port } = value as { group?: string; kind?: string; port?: number };
    return group === "" && kind === "Service" && port === undefined
      ? [problem(["port"], "missing: a Service is sent to by a port")]
      : [];
  });
}

/** A list in which no two have one name. */
export function uniqueNames<S extends z.ZodArray>(schema: S): S {
  return also(schema, (value) => {
    const names = (value as readonly { name: string }[]).map(({ name }) => name);
    return names.flatMap((name, index) =>
      names.indexOf(name) < index ? [problem([index, "name"], `${name} is there already`)] : [],
    );
  });
}
