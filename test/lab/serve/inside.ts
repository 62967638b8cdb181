/** The half of `npm run lab` that runs in the lab's network namespace: boots everything, then reports how it goes. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { request } from "undici";
import { installSluice } from "../../e2e/install.ts";
import { startSluice } from "../../e2e/sluice.ts";
import { kubectl } from "../kubectl.ts";
import { type Lab, startLab } from "../lab.ts";
import { waitForRollout } from "../namespace.ts";
import { ensureTool } from "../tools.ts";
import { until } from "../wait.ts";
import { type Doors, DOORS, socketOf } from "./doors.ts";
import { instructions } from "./instructions.ts";
import { startRelay } from "./relay.ts";
import { reportStatus } from "./status.ts";
import { startSteadyLoad } from "./steady-load.ts";

const SHOP = { namespace: "shop", name: "checkout", host: "checkout.example.com" };
/** The example's Gateway says so. */
const GATEWAY_PORT = 80;
const REQUESTS_PER_SECOND = 100;
const EXAMPLES = join(import.meta.dirname, "..", "..", "..", "examples", "lab");

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // The second one does not wait for things to end in order.
    if (ending.signal.aborted) process.exit(1);
    process.stdout.write("\nending the lab\n");
    ending.abort(new Error("the lab is ended"));
  });
}

try {
  const [dir = "", doors = "{}"] = process.argv.slice(2);
  await serve(dir, JSON.parse(doors) as Doors);
} catch (error) {
  if (!ending.signal.aborted) {
    process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
process.exit();

async function serve(dir: string, doors: Doors): Promise<void> {
  say("starting etcd, kube-apiserver, kube-controller-manager, istiod, two Envoys and Prometheus");
  await using lab = await startLab();
  say("installing Sluice: CRDs, the rights of its service account, admission policies");
  await installSluice(lab);
  await using _sluice = await startSluice(lab);
  say(`the controller works as system:serviceaccount:sluice-system:sluice; logs are in ${lab.info.dir}`);
  say("applying examples/lab");
  await kubectl(lab, ["apply", "-f", EXAMPLES]);
  await openDoors(lab, dir);
  const kubeconfig = await writeKubeconfig(lab, dir, doors);
  await waitForRollout(lab, { apiVersion: "apps/v1", kind: "Deployment", ...SHOP });
  const url = `http://127.0.0.1:${GATEWAY_PORT}`;
  await until("checkout answers at the gateway", () => answers(url), { signal: ending.signal });
  await using load = startSteadyLoad({ url, host: SHOP.host, ratePerSecond: REQUESTS_PER_SECOND });
  const command = await ensureTool("kubectl");
  process.stdout.write(
    instructions({ kubeconfig, doors, host: SHOP.host, kubectl: command, searchPath: process.env.PATH ?? "" }),
  );
  await reportStatus({ lab, load, shop: SHOP, signal: ending.signal });
}

async function openDoors(lab: Lab, dir: string): Promise<void> {
  const ports: Doors = {
    apiserver: portOf(lab.info.apiserver.url),
    gateway: GATEWAY_PORT,
    prometheus: portOf(lab.prometheusUrl),
  };
  for (const door of DOORS) {
    const relay = await startRelay({ path: socketOf(dir, door) }, { host: "127.0.0.1", port: ports[door] });
    relay.unref();
  }
}

/** The administrator's, for use outside: the same but for the port. The certificate is for 127.0.0.1, whatever the port. */
async function writeKubeconfig(lab: Lab, dir: string, doors: Doors): Promise<string> {
  const cluster = {
    server: `https://127.0.0.1:${doors.apiserver}`,
    "certificate-authority-data": Buffer.from(lab.info.apiserver.ca).toString("base64"),
  };
  const file = join(dir, "kubeconfig");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "lab", cluster }],
    users: [{ name: "admin", user: { token: lab.info.tokens.admin } }],
    contexts: [{ name: "lab", context: { cluster: "lab", user: "admin", namespace: SHOP.namespace } }],
    "current-context": "lab",
  };
  await writeFile(file, JSON.stringify(config, null, 2), { mode: 0o600 });
  return file;
}

async function answers(url: string): Promise<boolean> {
  const { statusCode, body } = await request(url, { headers: { host: SHOP.host } });
  await body.dump();
  return statusCode === 200;
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function say(line: string): void {
  ending.signal.throwIfAborted();
  process.stdout.write(`lab: ${line}\n`);
}
