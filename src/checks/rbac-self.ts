import { NAMESPACE, SERVICE_ACCOUNT } from "../api/metadata.ts";
import { defineCheck, type Problem } from "./define.ts";
import { sentenceList } from "./raw.ts";
import type { AccessFacts } from "./types.ts";

export const rbacSelf = defineCheck(
  {
    id: "rbac-self",
    number: 31,
    title: "The controller may do everything that the run, and the way back, will need.",
    severity: "fail",
    reason: "A right that is missing shows in the middle of a run, when users are on the candidate.",
    remedy: `Add the rule to a Role that is bound to the controller's service account (${NAMESPACE}/${SERVICE_ACCOUNT} unless it was renamed).`,
  },
  ({ access }) => {
    if (access === undefined) return [{ severity: "warn", message: "The controller's own rights were not looked up." }];
    const byNamespace = Map.groupBy(
      access.filter((each) => !each.allowed),
      (each) => each.namespace ?? "",
    );
    return [...byNamespace].map(([namespace, missing]) => missingIn(namespace, missing));
  },
);

function missingIn(namespace: string, missing: readonly AccessFacts[]): Problem {
  const byResource = [...Map.groupBy(missing, (each) => `${each.group}\n${each.resource}`).values()].map((rows) => ({
    group: rows[0]?.group ?? "",
    resource: rows[0]?.resource ?? "",
    verbs: [...new Set(rows.map((row) => row.verb))],
  }));
  const list = byResource.map(
    ({ group, resource, verbs }) => `${sentenceList(verbs)} ${group === "" ? resource : `${resource}.${group}`}`,
  );
  const rules = byResource.map(
    ({ group, resource, verbs }) =>
      `  - {apiGroups: ["${group}"], resources: ["${resource}"], verbs: [${verbs.join(", ")}]}`,
  );
  const role = namespace === "" ? "ClusterRole" : `Role in namespace ${namespace}`;
  return {
    message: `The controller may not, ${namespace === "" ? "in the whole cluster" : `in namespace ${namespace}`}: ${list.join("; ")}.`,
    remedy: `Add to a ${role} that is bound to the controller's service account (${NAMESPACE}/${SERVICE_ACCOUNT} unless it was renamed):\nrules:\n${rules.join("\n")}`,
  };
}
