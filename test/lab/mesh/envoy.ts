import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPart, type Part } from "../part.ts";
import { ensureTool } from "../tools.ts";
import { type BootstrapPorts, envoyBootstrap, type ProxyIdentity } from "./bootstrap.ts";

export interface EnvoyOptions {
  readonly dir: string;
  readonly identity: ProxyIdentity;
  readonly ports: BootstrapPorts;
  readonly partName: string;
}

export async function envoyPart(options: EnvoyOptions): Promise<Part> {
  const { dir, ports, partName } = options;
  const config = join(dir, `${partName}.json`);
  await writeFile(config, JSON.stringify(envoyBootstrap(options.identity, ports)));
  return createPart({
    name: partName,
    command: await ensureTool("envoy"),
    // Without hot restart: its shared memory is the whole machine's, so labs of two users would meet in it.
    args: ["-c", config, "--disable-hot-restart", "--concurrency", "1", "--log-level", "warn"],
    logFile: join(dir, `${partName}.log`),
    ready: async () => (await fetch(`http://127.0.0.1:${ports.admin}/ready`)).ok,
  });
}
