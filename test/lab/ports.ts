import { createServer, type Server } from "node:net";

/** Set to "1" inside the network namespace that netns.ts makes. */
export const labNamespaceVariable = "SLUICE_LAB_NETNS";

/** Whether this process runs where pod addresses exist. */
export function inLabNamespace(): boolean {
  return process.env[labNamespaceVariable] === "1";
}

const names = [
  "etcdClient",
  "etcdPeer",
  "apiserver",
  "istiodXds",
  "istiodHttp",
  "istiodMonitoring",
  "istiodCtrlz",
  "gateway",
  "gatewayAdmin",
  "meshClientAdmin",
  "prometheus",
  "control",
  "metricsApi",
] as const;

export type Ports = Record<(typeof names)[number], number>;

/**
 * Fixed ports in the lab's own network namespace, where nobody else can hold them; a hundred a lab, so that several fit.
 * Outside, where a basic lab runs too, whatever is free.
 */
export async function choosePorts(index: number): Promise<Ports> {
  const base = 21_000 + index * 100;
  const numbers = inLabNamespace() ? names.map((_, position) => base + position) : await freePorts(names.length);
  return Object.fromEntries(names.map((name, position) => [name, numbers[position]])) as Ports;
}

async function freePorts(count: number): Promise<number[]> {
  // All are held at once before any is let go: otherwise the kernel may hand out the same one twice.
  const servers = await Promise.all(Array.from({ length: count }, () => listenAnywhere()));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listenAnywhere(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}
