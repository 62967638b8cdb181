import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { LabClient } from "../lab/client.ts";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

/** Runs `sluice` as the lab's administrator. Resolves with what it printed; rejects with what it complained of. */
export async function sluiceCommand(lab: LabClient, ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [cli, ...args, "--kubeconfig", lab.kubeconfig("admin")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (code !== 0) throw new Error(`sluice ${args.join(" ")} failed with ${code}: ${err.trim() || out.trim()}`);
  return out;
}
