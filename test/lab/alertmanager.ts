import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPart } from "./part.ts";
import { ensureTool } from "./tools.ts";

/** An alert as Alertmanager's API v2 gives it. */
export interface GivenAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
}

export interface Alertmanager {
  url: string;
  /** The alerts that are up. */
  alerts(): Promise<GivenAlert[]>;
  stop(): Promise<void>;
}

/** A real Alertmanager on a port of its own, with this configuration (which is YAML, or JSON). */
export async function startAlertmanager(config: string): Promise<Alertmanager> {
  const dir = await mkdtemp(join(tmpdir(), "sluice-alertmanager-"));
  await writeFile(join(dir, "config.yaml"), config);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const part = createPart({
    name: "alertmanager",
    command: await ensureTool("alertmanager"),
    args: [
      `--config.file=${join(dir, "config.yaml")}`,
      `--storage.path=${join(dir, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
      "--log.level=warn",
    ],
    logFile: join(dir, "alertmanager.log"),
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  });
  await part.start();
  return {
    url,
    async alerts() {
      const response = await fetch(`${url}/api/v2/alerts`);
      return (await response.json()) as GivenAlert[];
    },
    async stop() {
      await part.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
