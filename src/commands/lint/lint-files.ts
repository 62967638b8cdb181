import { usage } from "../failure.ts";
import type { LintFlags } from "../lint.ts";
import { readManifestFiles } from "../manifest-files.ts";
import { lintSources } from "./lint-sources.ts";

import { tell } from "./tell.ts";

/** Reads the files, prints what was found, and fails when something must be mended. */
export async function lintFiles(filename: readonly string[], flags: LintFlags): Promise<void> {
  const sources = await readManifestFiles(filename);
  const result = lintSources(sources, { namespace: flags.namespace ?? "default", trustDomains: flags.trustDomain });
  if (result.rollouts + result.policies === 0 && result.findings.length === 0)
    throw usage(
      `there is no Rollout and no policy in ${filename.join(", ")} (${sources.length} YAML files): nothing was looked at\nName the folder that holds them, or leave this check out.`,
    );
  tell(result, flags.output);
}
