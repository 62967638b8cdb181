import { defineCheck, type Problem } from "./define.ts";
import { partsOf, principalsIn, type NamedPrincipal } from "./principals.ts";

const FORM = "TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT";

export const principalSyntax = defineCheck(
  {
    id: "principal-syntax",
    number: 14,
    title: "Every principal of an AuthorizationPolicy is one that a workload can have.",
    severity: "fail",
    reason:
      "Istio takes any text for a principal and puts spiffe:// before it. One in another form matches nobody: an ALLOW policy then refuses every caller with 403, which no limit on 5xx notices.",
    remedy: `Write it as ${FORM}, without spiffe://, as in cluster.local/ns/shop/sa/checkout.`,
  },
  ({ authorizationPolicies = [] }) => principalsIn(authorizationPolicies).flatMap(problemOf),
);

function problemOf({ text, policy, key, path }: NamedPrincipal): Problem[] {
  const place = { kind: "AuthorizationPolicy", key, path };
  const says = `${policy} ${path} is ${JSON.stringify(text)}`;
  if (text.startsWith("spiffe://"))
    return [
      {
        message: `${says}: with the scheme it matches nobody.`,
        remedy: `Write ${text.slice("spiffe://".length)}.`,
        place,
      },
    ];
  // A star at either end is a prefix or a suffix; "*" alone is anybody with a name.
  if (text.startsWith("*") || text.endsWith("*") || partsOf(text) !== undefined) return [];
  return [{ message: `${says}: expected ${FORM}, or that with a * at one end.`, place }];
}
