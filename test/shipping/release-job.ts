import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { kubectl } from "../lab/kubectl.ts";
import type { LabClient } from "../lab/client.ts";
import { serviceAccountKubeconfig } from "../lab/service-account.ts";
import { until } from "../lab/wait.ts";

interface Job {
  spec: { template: { spec: { serviceAccountName: string; containers: { args: string[] }[] } } };
}

/**
 * What the Pod of the chart's Job on uninstall would do: the bundle, with the arguments and the rights that the Job gives it, and then
 * the Job's status, for helm to go on. No kubelet runs containers here. Resolves when that is done.
 */
export async function runReleaseJob(
  lab: LabClient,
  options: { namespace: string; bundle: string; folder: string },
): Promise<{ code: number; said: string }> {
  const { namespace, bundle, folder } = options;
  const get = ["-n", namespace, "get", "job", "sluice-release", "--ignore-not-found", "-o", "json"];
  const found = await until("the Job is there", async () => (await kubectl(lab, get)) || undefined);
  const { serviceAccountName, containers } = (JSON.parse(found) as Job).spec.template.spec;
  const account = { namespace, name: serviceAccountName };
  const kubeconfig = await serviceAccountKubeconfig(lab, account, join(folder, "job.kubeconfig"));
  const child = spawn(process.execPath, [bundle, ...(containers[0]?.args ?? []), "--kubeconfig", kubeconfig], {
    env: { HOME: "/nonexistent" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (code === 0) await complete(lab, namespace);
  return { code: code as number, said: `${out}${err}` };
}

async function complete(lab: LabClient, namespace: string): Promise<void> {
  const now = new Date().toISOString();
  const conditions = ["SuccessCriteriaMet", "Complete"].map((type) => ({ type, status: "True" }));
  const patch = JSON.stringify({ status: { startTime: now, completionTime: now, succeeded: 1, conditions } });
  const how = ["--subresource=status", "--type=merge", "-p", patch];
  await kubectl(lab, ["-n", namespace, "patch", "job", "sluice-release", ...how]);
}
