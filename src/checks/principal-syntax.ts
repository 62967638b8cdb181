import { defineCheck, type Problem } from "./define.ts";
import { type NamedCaller, partsOf, principalsIn } from "./principals.ts";

const FORM = "TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT";
/** Whatever a mesh's trust domain is called: in a policy this is it. */
const OWN = "cluster.local";

export const principalSyntax = defineCheck(
  {
    id: "principal-syntax",
    number: 14,
    title: "Every principal of an AuthorizationPolicy is one that a workload of the mesh can have.",
    severity: "fail",
    reason:
      "Istio takes any text for a principal and puts spiffe:// before it. One in another form, or of a trust domain that is not the mesh's, matches nobody: an ALLOW policy then refuses every caller with 403, which no limit on 5xx notices.",
    remedy: `Write it as ${FORM}, without spiffe://, as in cluster.local/ns/shop/sa/checkout.`,
  },
  ({ authorizationPolicies = [], trustDomains }) =>
    principalsIn(authorizationPolicies).flatMap((caller) => problemOf(caller, trustDomains)),
);

function problemOf({ text, policy, key, path }: NamedCaller, trustDomains: readonly string[] | undefined): Problem[] {
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
  if (!text.startsWith("*") && !text.endsWith("*") && partsOf(text) === undefined)
    return [{ message: `${says}: expected ${FORM}, or that with a * at one end.`, place }];
  const [domain = ""] = text.split("/");
  if (domain.includes("*") || domain === OWN || trustDomains?.includes(domain) === true) return [];
  return trustDomains === undefined
    ? [
        {
          severity: "warn",
          message: `${says}: whether ${domain} is a trust domain of the mesh is not known.`,
          remedy: `If it is, say so: --trust-domain ${domain}. For the mesh's own, whatever it is called, ${OWN} may be written.`,
          place,
        },
      ]
    : [
        {
          message: `${says}: ${domain} is no trust domain of the mesh, which has ${[...new Set([OWN, ...trustDomains])].join(", ")}.`,
          remedy: `For the mesh's own trust domain, whatever it is called, ${OWN} may be written; another one belongs into trustDomainAliases of the mesh's configuration.`,
          place,
        },
      ];
}
