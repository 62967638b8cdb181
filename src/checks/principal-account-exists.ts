import { defineCheck, type Problem } from "./define.ts";
import { accountsIn, type NamedCaller, partsOf, principalsIn } from "./principals.ts";

interface NamedAccount extends NamedCaller {
  namespace: string;
  account: string;
}

export const principalAccountExists = defineCheck(
  {
    id: "principal-sa-exists",
    number: 15,
    title: "Every service account that an AuthorizationPolicy names exists.",
    severity: "warn",
    reason: "An account that does not exist lets nobody in: mostly a typing error, or an account that was renamed.",
    remedy: "Name the account that the callers' pods run under: spec.serviceAccountName of their template.",
  },
  ({ authorizationPolicies = [], serviceAccounts = [] }) =>
    [
      ...principalsIn(authorizationPolicies).flatMap(byPrincipal),
      ...accountsIn(authorizationPolicies).map(byName),
    ].flatMap(({ policy, key, path, namespace, account }): Problem[] => {
      if (account === "default") return [];
      const beside = serviceAccounts.filter(({ metadata }) => metadata.namespace === namespace);
      // Where none is known of a namespace, its accounts are kept elsewhere.
      if (beside.length === 0 || beside.some(({ metadata }) => metadata.name === account)) return [];
      const names = beside.map(({ metadata }) => metadata.name).join(", ");
      return [
        {
          message: `${policy} ${path} names service account ${account} of namespace ${namespace}, which has ${names}.`,
          place: { kind: "AuthorizationPolicy", key, path },
        },
      ];
    }),
);

function byPrincipal(caller: NamedCaller): NamedAccount[] {
  const parts = partsOf(caller.text);
  return parts === undefined || caller.text.includes("*") ? [] : [{ ...caller, ...parts }];
}

function byName(caller: NamedCaller): NamedAccount {
  const [own = ""] = caller.key.split("/");
  const [first = "", second] = caller.text.split("/");
  return second === undefined
    ? { ...caller, namespace: own, account: first }
    : { ...caller, namespace: first, account: second };
}
