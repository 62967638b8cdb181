import type { KubeConfig } from "@kubernetes/client-node";
import { inject } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createKubeClient, type KubeClient } from "../../src/kube/client.ts";
import { loadKubeConfig } from "../../src/kube/kubeconfig.ts";
import { namespaces } from "../../src/kube/resources.ts";
import type { LabInfo } from "../lab/client.ts";
import { connectLab } from "../lab/control.ts";
import { startLab } from "../lab/lab.ts";

export interface RealServer {
  kubeConfig: KubeConfig;
  api: KubeClient;
  /** Another client of its own, to the same server. */
  anotherClient(): KubeClient;
  close(): Promise<void>;
}

/**
 * A real API server with an empty `namespace`: the lab of the whole run where there is one, else a small one of our own.
 * @param index which lab of our own, 1 to 3: files may run side by side
 */
export async function realServer(namespace: string, index: number): Promise<RealServer> {
  const shared = inject("lab") as LabInfo | undefined;
  const own = shared ? undefined : await startLab({ mesh: false, prometheus: false, index });
  const lab = own ?? connectLab(shared as LabInfo);
  const kubeConfig = loadKubeConfig({ kubeconfig: lab.kubeconfig("admin") });
  const anotherClient = () => createKubeClient({ kubeConfig, clock: systemClock });
  const api = anotherClient();
  await api.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  return {
    kubeConfig,
    api,
    anotherClient,
    async close() {
      await api.close();
      await (own ? own.stop() : lab.close());
    },
  };
}
