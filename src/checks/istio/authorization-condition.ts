import type { Violation } from "../../api/rule.ts";
import { problem } from "./fields.ts";
import { isAddressRange } from "./names.ts";

/** `when` of an AuthorizationPolicy. https://istio.io/latest/docs/reference/config/security/conditions/ */

const anything = () => true;
const address = { fits: isAddressRange, expected: "an address or a range of them, such as 10.0.0.0/8" };

const KEYS: Readonly<Record<string, { fits: (value: string) => boolean; expected: string }>> = {
  "source.ip": address,
  "remote.ip": address,
  "destination.ip": address,
  "source.namespace": { fits: anything, expected: "" },
  "source.principal": { fits: anything, expected: "" },
  "source.serviceAccount": {
    fits: (value) => /^[^/*]+(\/[^/*]+)?$/.test(value),
    expected: "ACCOUNT or NAMESPACE/ACCOUNT",
  },
  "source.trustDomain": {
    fits: (value) => /^(\*|\*?[^*]+|[^*]+\*)$/.test(value),
    expected: "a trust domain, or that with a * at one end",
  },
  "request.auth.principal": { fits: anything, expected: "" },
  "request.auth.audiences": { fits: anything, expected: "" },
  "request.auth.presenter": { fits: anything, expected: "" },
  "destination.port": {
    fits: (value) => /^\d+$/.test(value) && Number(value) <= 65535,
    expected: "a port from 0 to 65535",
  },
  "connection.sni": { fits: anything, expected: "" },
};

/** Keys that name a header, a claim or a filter's metadata in brackets. */
const BRACKETED = /^(request\.headers|request\.auth\.claims|experimental\.).*\[.+\]$/;

export function conditionProblems(condition: {
  key: string;
  values?: readonly string[] | undefined;
  notValues?: readonly string[] | undefined;
}): Violation[] {
  const { key, values = [], notValues = [] } = condition;
  const known = KEYS[key] ?? (BRACKETED.test(key) ? { fits: anything, expected: "" } : undefined);
  if (known === undefined)
    return [
      problem(
        ["key"],
        `there is no condition ${JSON.stringify(key)} (known: ${Object.keys(KEYS).join(", ")}, request.headers[NAME], request.auth.claims[NAME])`,
      ),
    ];
  if (values.length + notValues.length === 0) return [problem([], "expected values or notValues")];
  return Object.entries({ values, notValues }).flatMap(([field, list]) =>
    list.flatMap((value, index) => {
      if (value === "") return [problem([field, index], "it is empty")];
      return known.fits(value)
        ? []
        : [problem([field, index], `expected ${known.expected}, got ${JSON.stringify(value)}`)];
    }),
  );
}
