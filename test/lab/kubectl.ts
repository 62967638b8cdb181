import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { LabClient } from "./client.ts";
import { ensureTool } from "./tools.ts";
import type { UserName } from "./users.ts";

export interface KubectlOptions {
  /** @default "admin" */
  user?: UserName;
  /** For `-f -`. */
  input?: string;
}

/**
 * Runs the real kubectl. Resolves with what it printed; rejects with what it complained of.
 *
 * @example await kubectl(lab, ["-n", shop.namespace, "set", "image", "deployment/checkout", "app=shop/checkout:v2"]);
 */
export async function kubectl(lab: LabClient, args: readonly string[], options: KubectlOptions = {}): Promise<string> {
  const command = await ensureTool("kubectl");
  const child = spawn(command, [`--kubeconfig=${lab.kubeconfig(options.user ?? "admin")}`, ...args], {
    // Its discovery cache is per server address, which all labs share: it must not outlive this one.
    env: { ...process.env, KUBECACHEDIR: `${lab.info.dir}/kubectl-cache` },
    stdio: "pipe",
  });
  child.stdin.end(options.input ?? "");
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")} failed with ${code}: ${err.trim() || out.trim()}`);
  return out;
}
