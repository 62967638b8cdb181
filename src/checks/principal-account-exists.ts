import { defineCheck, type Problem } from "./define.ts";
import { partsOf, principalsIn } from "./principals.ts";

export const principalAccountExists = defineCheck(
  {
    id: "principal-sa-exists",
    number: 15,
    title: "Every service account that an AuthorizationPolicy names by its principal exists.",
    severity: "warn",
    reason:
      "A principal of an account that does not exist lets nobody in: mostly a typing error, or an account that was renamed.",
    remedy: "Name the account that the callers' pods run under: spec.serviceAccountName of their template.",
  },
  ({ authorizationPolicies = [], serviceAccounts = [] }) =>
    principalsIn(authorizationPolicies).flatMap(({ text, policy, key, path }): Problem[] => {
      const parts = partsOf(text);
      if (parts === undefined || text.includes("*") || parts.account === "default") return [];
      const beside = serviceAccounts.filter(({ metadata }) => metadata.namespace === parts.namespace);
      // Where none is known of a namespace, its accounts are kept elsewhere.
      if (beside.length === 0 || beside.some(({ metadata }) => metadata.name === parts.account)) return [];
      const names = beside.map(({ metadata }) => metadata.name).join(", ");
      return [
        {
          message: `${policy} ${path} names service account ${parts.account} of namespace ${parts.namespace}, which has ${names}.`,
          place: { kind: "AuthorizationPolicy", key, path },
        },
      ];
    }),
);
