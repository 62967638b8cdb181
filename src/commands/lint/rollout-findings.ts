import { canaryReady } from "../../checks/canary-ready.ts";
import { LINT_CHECKS, OBJECT_CHECKS } from "../../checks/lint.ts";
import type { Finding, RolloutFacts } from "../../checks/types.ts";
import type { KubeObject } from "../../kube/port.ts";
import { hasWhat, type Known, missingRoutes, worldOf } from "./known.ts";

/** What is told, without where it stands. */
export type Told = Pick<Finding, "id" | "severity" | "message" | "remedy" | "place">;

/** What the checks say of one Rollout; without a place it is the Rollout's own. */
export function rolloutFindings(rollout: RolloutFacts, rollouts: readonly RolloutFacts[], known: Known): Told[] {
  const world = worldOf(rollout, rollouts, known);
  const has = hasWhat(world, known);
  // Of a kind that is wholly known the check itself says that one does not exist.
  const missing = has.routes ? [] : missingRoutes(world).map((key) => unseen(key, known));
  // No check of files says that the workload does not exist.
  const noWorkload = has.workload && world.workload === undefined ? canaryReady.run(world) : [];
  return [
    ...missing,
    ...noWorkload,
    ...LINT_CHECKS.filter(({ needs }) => has[needs]).flatMap(({ check }) => check.run(world)),
  ];
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
