import type { KubeObject } from "../kube/port.ts";
import { asRecords, asTexts, at, keyOf } from "./raw.ts";

/** A principal that an AuthorizationPolicy names. https://istio.io/latest/docs/reference/config/security/authorization-policy/ */
export interface NamedPrincipal {
  text: string;
  /** "AuthorizationPolicy shop/checkout", for messages. */
  policy: string;
  key: string;
  path: string;
}

export function principalsIn(policies: readonly KubeObject[]): NamedPrincipal[] {
  return policies.flatMap((policy) =>
    asRecords(at(policy, "spec", "rules")).flatMap((rule, ruleIndex) =>
      asRecords(rule["from"]).flatMap((from, fromIndex) =>
        ["principals", "notPrincipals"].flatMap((field) =>
          asTexts(at(from, "source", field)).map((text, index) => ({
            text,
            policy: `AuthorizationPolicy ${keyOf(policy)}`,
            key: keyOf(policy),
            path: `spec.rules[${ruleIndex}].from[${fromIndex}].source.${field}[${index}]`,
          })),
        ),
      ),
    ),
  );
}

/** The parts of "cluster.local/ns/shop/sa/checkout"; undefined when it is no such name. */
export function partsOf(principal: string): { trustDomain: string; namespace: string; account: string } | undefined {
  const [, trustDomain, namespace, account] = /^([^/]+)\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(principal) ?? [];
  if (trustDomain === undefined || namespace === undefined || account === undefined) return undefined;
  return { trustDomain, namespace, account };
}
