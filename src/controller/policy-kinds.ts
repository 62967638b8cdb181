import { GROUP } from "../api/metadata.ts";
import type { KubeApi, Resource } from "../kube/port.ts";
import { namespaces } from "../kube/resources.ts";
import { clusterRolloutPolicies, rolloutPolicies } from "./resources.ts";
import { watchForKind, type KindWatchOptions } from "./watch-for-kind.ts";

export type PolicyWatchOptions = Pick<KindWatchOptions, "api" | "clock" | "log" | "namespace"> & {
  /** Told once, when policies are served and may be read: before this resolves, or later. */
  onFound(): void;
  /** Told each minute while they are served and may not be read. */
  onRefused(): void;
};

/** What Rollouts say meanwhile: which limits would hold is not known. */
export const POLICIES_REFUSED =
  "policies are served, but they or the namespaces may not be read: apply the newest ClusterRole sluice-controller";

/** Looks for the kinds of policies at the start and each minute until they are there: an older installation is without. */
export async function watchForPolicies(options: PolicyWatchOptions): Promise<{ stop(): void }> {
  return watchForKind({
    ...options,
    discover: () => discoverPolicies(options.api),
    onFound: () => options.onFound(),
    words: {
      found: "policies are served: they are laid under the Rollouts that they are for",
      absent:
        "this cluster serves no RolloutPolicy and ClusterRolloutPolicy: Rollouts go without policies until the newest CRDs are applied",
      refused: `${POLICIES_REFUSED}. Until then no new version gets to users`,
      unread: "whether policies are served could not be read",
    },
  });
}

async function discoverPolicies(api: KubeApi): Promise<readonly Resource[] | undefined> {
  const served = await api.discover(GROUP);
  const wanted = [clusterRolloutPolicies, rolloutPolicies];
  const isServed = ({ kind, version }: Resource) =>
    served.some((resource) => resource.kind === kind && resource.version === version);
  return wanted.every(isServed) ? [...wanted, namespaces] : undefined;
}
