import { rolloutSpecSchema, type RolloutSpec } from "../rollout.ts";
import type { SourcedWindow } from "./merge.ts";

/** What a Rollout of this spec comes to where there are no policies; it does not say where its values come from. */
export function alone(stated: unknown): { spec: RolloutSpec; windows: SourcedWindow[]; origins: {} } {
  const spec = rolloutSpecSchema.parse(stated);
  return { spec, windows: spec.windows.map((window) => ({ ...window, from: "Rollout" })), origins: {} };
}
