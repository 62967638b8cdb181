import type { KubeApi, KubeObject } from "../kube/port.ts";
import { secrets } from "../kube/resources.ts";

/** To furnish a house with: makes a Secret in the controller's namespace, with these texts by key. */
export function makesSecret(
  name: string,
  texts: Readonly<Record<string, string>>,
): (alice: KubeApi) => Promise<KubeObject> {
  const encoded = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
  const metadata = { name, namespace: "sluice-system" };
  return (alice) =>
    alice.create(secrets, { apiVersion: "v1", kind: "Secret", metadata, data: Object.fromEntries(encoded) });
}
