import type { KubeObject } from "../kube/port.ts";
import { asRecords, asText, asTexts, at, keyOf } from "./raw.ts";

/** A caller that an AuthorizationPolicy names. https://istio.io/latest/docs/reference/config/security/authorization-policy/ */
export interface NamedCaller {
  text: string;
  /** "AuthorizationPolicy shop/checkout", for messages. */
  policy: string;
  /** "shop/checkout". */
  key: string;
  path: string;
}

/** Callers named by their principal, as "cluster.local/ns/shop/sa/checkout". */
export function principalsIn(policies: readonly KubeObject[]): NamedCaller[] {
  return callersIn(policies, ["principals", "notPrincipals"], "source.principal");
}

/** Callers named by their service account, as "shop/checkout", or "checkout" for one of the policy's own namespace. */
export function accountsIn(policies: readonly KubeObject[]): NamedCaller[] {
  return callersIn(policies, ["serviceAccounts", "notServiceAccounts"], "source.serviceAccount");
}

function callersIn(policies: readonly KubeObject[], fields: readonly string[], condition: string): NamedCaller[] {
  return policies.flatMap((policy) =>
    asRecords(at(policy, "spec", "rules")).flatMap((rule, ruleIndex) => {
      const inRule = (path: string, texts: unknown): NamedCaller[] =>
        asTexts(texts).map((text, index) => ({
          text,
          policy: `AuthorizationPolicy ${keyOf(policy)}`,
          key: keyOf(policy),
          path: `spec.rules[${ruleIndex}].${path}[${index}]`,
        }));
      return [
        ...asRecords(rule["from"]).flatMap((from, index) =>
          fields.flatMap((field) => inRule(`from[${index}].source.${field}`, at(from, "source", field))),
        ),
        ...asRecords(rule["when"]).flatMap((when, index) =>
          asText(when["key"]) === condition
            ? ["values", "notValues"].flatMap((field) => inRule(`when[${index}].${field}`, when[field]))
            : [],
        ),
      ];
    }),
  );
}

/** The parts of "cluster.local/ns/shop/sa/checkout"; undefined when it is no such name. */
export function partsOf(principal: string): { trustDomain: string; namespace: string; account: string } | undefined {
  const [, trustDomain, namespace, account] = /^([^/]+)\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(principal) ?? [];
  if (trustDomain === undefined || namespace === undefined || account === undefined) return undefined;
  return { trustDomain, namespace, account };
}
