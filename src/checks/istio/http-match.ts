import { z } from "zod";
import { also, atMostOne, flag, labels, problem, textThat, uint32 } from "./fields.ts";
import { gatewayNames } from "./gateway-names.ts";
import { lookedAtProblems } from "./http-headers.ts";
import { isDnsLabel } from "./names.ts";

/** `match` of an http route. */

/** Exactly, by its beginning, or by an expression (RE2, whose syntax is left to Istio). */
const stringMatch = atMostOne(
  z.strictObject({
    exact: z.string().optional(),
    prefix: z.string().optional(),
    regex: z.string().min(1).max(1024).optional(),
  }),
  ["exact", "prefix", "regex"],
);

const prefixNotEmpty = also(stringMatch, ({ prefix }) =>
  prefix === "" ? [problem(["prefix"], "an empty prefix fits nothing: leave it out")] : [],
);

/** What headers must have, or must not; without a member they must be there. */
const headerMatches = also(z.record(z.string(), prefixNotEmpty), lookedAtProblems);

export const httpMatch = z.strictObject({
  name: z.string().optional(),
  uri: stringMatch.optional(),
  scheme: prefixNotEmpty.optional(),
  method: prefixNotEmpty.optional(),
  authority: prefixNotEmpty.optional(),
  headers: headerMatches.optional(),
  withoutHeaders: headerMatches.optional(),
  queryParams: z.record(z.string(), prefixNotEmpty).optional(),
  // 0 is none.
  port: uint32.max(65535).optional(),
  sourceLabels: labels.optional(),
  sourceNamespace: textThat((text) => text === "" || isDnsLabel(text), "the name of a namespace").optional(),
  gateways: gatewayNames.optional(),
  ignoreUriCase: flag.optional(),
  statPrefix: z.string().optional(),
});
