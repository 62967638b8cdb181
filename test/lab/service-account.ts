import { writeFile } from "node:fs/promises";
import { kubectl } from "./kubectl.ts";
import type { LabClient } from "./client.ts";

/** Writes a kubeconfig with a token of that service account, as its Pods have one, and gives its path. */
export async function serviceAccountKubeconfig(
  lab: LabClient,
  account: { namespace: string; name: string },
  file: string,
): Promise<string> {
  const token = (await kubectl(lab, ["-n", account.namespace, "create", "token", account.name])).trim();
  const { url, ca } = lab.info.apiserver;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "lab", cluster: { server: url, "certificate-authority-data": Buffer.from(ca).toString("base64") } },
    ],
    users: [{ name: account.name, user: { token } }],
    contexts: [{ name: "lab", context: { cluster: "lab", user: account.name } }],
    "current-context": "lab",
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
