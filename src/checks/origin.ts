import { originOf } from "../api/policy/origins.ts";
import type { RolloutFacts } from "./types.ts";

/** `spec.FIELD`, and the policy that states it, when it is not the Rollout: that is where it is to be mended. */
export function fieldOf({ origins = {} }: RolloutFacts, field: string, written = field): string {
  const from = originOf(origins, field);
  return from?.includes("/") === true ? `spec.${written} of ${from}` : `spec.${written}`;
}
