import { FIELD_MANAGER, LABEL_ROLLOUT } from "../api/metadata.ts";
import type { Context } from "./context.ts";
import type { ReadRun } from "./observe.ts";
import { rolloutRuns } from "./resources.ts";

/** People find a Rollout's runs by this label: it is put back when somebody took it off. */
export async function labelAgain(context: Context, { object, namespace, name, spec }: ReadRun): Promise<void> {
  if (object.metadata.labels?.[LABEL_ROLLOUT] === spec.rollout) return;
  context.log.warn({ namespace, run: name }, "the label that names the run's Rollout was taken off: put back");
  const patch = { metadata: { labels: { [LABEL_ROLLOUT]: spec.rollout } } };
  await context.api.patch(rolloutRuns, { namespace, name }, { type: "merge", patch }, { fieldManager: FIELD_MANAGER });
}
