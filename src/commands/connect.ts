import { systemClock } from "../clock.ts";
import { createKubeClient, type KubeClient, type KubeClientOptions } from "../kube/client.ts";
import { currentNamespace, loadKubeConfig } from "../kube/kubeconfig.ts";
import type { ClusterOptions } from "./cluster-options.ts";
import { CommandFailure } from "./failure.ts";
import { readVersion } from "./version-file.ts";

export interface Connection {
  api: KubeClient;
  /** The one that the context names. */
  namespace: string;
  /** Address of the API server, for messages. */
  server: string;
}

/** A client for the cluster that the flags name. Nothing is asked yet. @throws CommandFailure that says how to name a cluster */
export function connect(
  flags: ClusterOptions,
  options: Partial<Pick<KubeClientOptions, "onRequest" | "callTimeoutMs">> = {},
): Connection {
  try {
    const kubeConfig = loadKubeConfig(flags);
    const api = createKubeClient({ kubeConfig, clock: systemClock, userAgent: `sluice/${readVersion()}`, ...options });
    return { api, namespace: currentNamespace(kubeConfig), server: kubeConfig.getCurrentCluster()?.server ?? "" };
  } catch (error) {
    throw new CommandFailure(error instanceof Error ? error.message : String(error));
  }
}
