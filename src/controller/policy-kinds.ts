import { GROUP } from "../api/metadata.ts";
import type { KubeApi, Resource } from "../kube/port.ts";
import { namespaces } from "../kube/resources.ts";
import { clusterRolloutPolicies, rolloutPolicies } from "./resources.ts";
import { watchForKind, type KindWatchOptions } from "./watch-for-kind.ts";

export type PolicyWatchOptions = Pick<KindWatchOptions, "api" | "clock" | "log" | "namespace"> & {
  /** Told once, when policies are served and may be read: before this resolves, or later. */
  onFound(): void;
  /** Told at each look until then: why it is not known which limits hold; undefined where there are no policies. */
  onTrouble(trouble: string | undefined): void;
};

const REFUSED =
  "policies are served, but they or the namespaces may not be read: apply the newest ClusterRole sluice-controller";
const HALF = "only one of RolloutPolicy and ClusterRolloutPolicy is served: apply the newest CRDs";

/** Looks for the kinds of policies at the start and each minute until they are there: an older installation is without. */
export async function watchForPolicies(options: PolicyWatchOptions): Promise<{ stop(): void }> {
  const { api, log, onTrouble } = options;
  let wasHalf = false;
  return watchForKind({
    ...options,
    async discover() {
      const served = await servedKinds(api);
      const isHalf = served.length === 1;
      if (isHalf && !wasHalf) log.warn({ served }, `${HALF}. Until then no new version gets to users`);
      wasHalf = isHalf;
      onTrouble(isHalf ? HALF : undefined);
      return served.length === KINDS.length ? [...KINDS, namespaces] : undefined;
    },
    onFound: () => options.onFound(),
    onRefused: () => onTrouble(REFUSED),
    words: {
      found: "policies are served: they are laid under the Rollouts that they are for",
      absent:
        "this cluster does not serve both RolloutPolicy and ClusterRolloutPolicy: they are looked for each minute; without either, Rollouts go without policies",
      refused: `${REFUSED}. Until then no new version gets to users`,
      unread: "whether policies are served could not be read",
    },
  });
}

const KINDS: readonly Resource[] = [clusterRolloutPolicies, rolloutPolicies];

async function servedKinds(api: KubeApi): Promise<string[]> {
  const served = await api.discover(GROUP);
  return KINDS.filter(({ kind, version }) =>
    served.some((resource) => resource.kind === kind && resource.version === version),
  ).map(({ kind }) => kind);
}
