import { z } from "zod";
import type { Violation } from "../../api/rule.ts";
import { also, problem, textThat } from "./fields.ts";

/** Names of headers, and what a route changes about them. */

const NAME = /^[!#$%&'*+,\-.^_`|~A-Za-z0-9]+$/;
const PSEUDO_HEADERS = [":method", ":scheme", ":authority", ":path", ":status"];
const CLAIM = /^@request\.auth\.claims(\..+|\[.+\])$/i;

export const headerName = textThat((text) => NAME.test(text), "the name of a header");

/** A claim of a token in place of a header: "@request.auth.claims.group". */
export function isClaim(name: string): boolean {
  return CLAIM.test(name);
}

/** For maps whose keys are headers to look at. */
export function lookedAtProblems(value: Readonly<Record<string, unknown>>): Violation[] {
  return Object.keys(value)
    .filter((name) => !NAME.test(name) && !PSEUDO_HEADERS.includes(name) && !isClaim(name))
    .map((name) => problem([name], `${JSON.stringify(name)} is no name of a header`));
}

const changes = (mayBeHost: boolean) =>
  z.strictObject({
    set: named(mayBeHost),
    add: named(mayBeHost),
    remove: also(z.array(z.string()), (names) =>
      names.flatMap((name, index) => nameProblem([index], name, false)),
    ).optional(),
  });

function named(mayBeHost: boolean) {
  return also(z.record(z.string(), z.string()), (values) =>
    Object.keys(values).flatMap((name) => nameProblem([name], name, mayBeHost)),
  ).optional();
}

/** `Host` and `:authority` may be set on a request; other names with a colon stand for what Envoy makes itself. */
function nameProblem(path: readonly (string | number)[], name: string, mayBeHost: boolean): Violation[] {
  const isHost = /^(:authority|host)$/i.test(name);
  if (name === "") return [problem(path, "the name of a header is empty")];
  if ((!name.startsWith(":") && !isHost) || (isHost && mayBeHost)) return [];
  return [problem(path, `header ${JSON.stringify(name)} cannot be changed here`)];
}

export const headers = z.strictObject({
  request: changes(true).optional(),
  response: changes(false).optional(),
});
