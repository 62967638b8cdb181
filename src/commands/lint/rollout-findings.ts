import { canaryReady } from "../../checks/canary-ready.ts";
import { LINT_CHECKS, OBJECT_CHECKS, POLICY_CHECKS } from "../../checks/lint.ts";
import type { Finding, RolloutFacts } from "../../checks/types.ts";
import type { KubeObject } from "../../kube/port.ts";
import { hasWhat, type Known, missingRoutes, worldOf } from "./known.ts";

/** What is told, without where it stands. */
export type Told = Pick<Finding, "id" | "severity" | "message" | "remedy" | "place">;

/**
 * What the checks say of each Rollout; without a place it is the Rollout's own. What they say of policies is the same whichever Rollout is
 * looked at: it is found with the first, of the policies that `isMeant`.
 */
export function rolloutFindings(
  rollouts: readonly RolloutFacts[],
  known: Known,
  isMeant: (policy: KubeObject) => boolean = () => true,
): Told[][] {
  return rollouts.map((rollout, index) => {
    const world = worldOf(rollout, rollouts, known);
    const has = hasWhat(world, known);
    // Of a kind that is wholly known the check itself says that one does not exist.
    const missing = has.routes ? [] : missingRoutes(world).map((key) => unseen(key, known));
    // No check of files says that the workload does not exist.
    const noWorkload = has.workload && world.workload === undefined ? canaryReady.run(world) : [];
    const authorizationPolicies = known.of("AuthorizationPolicy").filter(isMeant);
    return [
      ...missing,
      ...noWorkload,
      ...LINT_CHECKS.filter(({ needs }) => has[needs]).flatMap(({ check }) => check.run(world)),
      ...(index === 0 ? POLICY_CHECKS.flatMap((check) => check.run({ ...world, authorizationPolicies })) : []),
    ];
  });
}

function unseen(key: string, { absent }: Known): Told {
  return {
    id: "route-exists",
    severity: "warn",
    message: `VirtualService ${key} ${absent.says}: its routes are not looked at.`,
    remedy: absent.remedy,
  };
}

/** What an object says of itself. */
export function objectFindings(object: KubeObject): Told[] {
  return OBJECT_CHECKS.flatMap((check) => check.run(object));
}
