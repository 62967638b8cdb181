import { spawn } from "node:child_process";
import type { KubeObject } from "../../../src/kube/port.ts";
import { ensureTool, sayOnStderr } from "../../lab/tools.ts";
import { crdFile } from "../../lab/tools/crds.ts";

/** What Istio says to one object. */
export interface Verdict {
  /** Why the API server would refuse it, by Istio's CRD and for a client that asks for strict validation. */
  schema?: string;
  /** Why istiod's validating webhook would. */
  webhook?: string;
  /** What the webhook says of an object that it takes. */
  warnings?: string[];
}

/** Asks Istio's own code; answers come in the order of the objects. */
export async function askIstio(objects: readonly KubeObject[]): Promise<Verdict[]> {
  return await ask("istio-crds", objects);
}

/** Asks by the Gateway API's definitions alone: Istio's webhook is not asked about its kinds. */
export async function askGatewayApi(objects: readonly KubeObject[]): Promise<Verdict[]> {
  const verdicts = await ask("gateway-api-crds", objects);
  return verdicts.map(({ schema }) => (schema === undefined ? {} : { schema }));
}

async function ask(definitions: "istio-crds" | "gateway-api-crds", objects: readonly KubeObject[]): Promise<Verdict[]> {
  const [path, crds] = [await ensureTool("istio-validator"), await crdFile(definitions, sayOnStderr)];
  const child = spawn(path, [crds], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  child.stdin.end(JSON.stringify(objects));
  let out = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) out += chunk as string;
  const code = await ended;
  if (code !== 0) throw new Error(`istio-validator ended with ${code}`);
  // Istio's own checker of CRDs logs as it is loaded.
  return JSON.parse(out.trim().split("\n").at(-1) ?? "") as Verdict[];
}

export function refusal({ schema, webhook }: Verdict): string | undefined {
  return schema ?? webhook;
}
