import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LabClient } from "../lab/client.ts";
import { createPart, type Part } from "../lab/part.ts";

/** A controller as a process of its own, with the rights of its service account. */
export interface Sluice extends AsyncDisposable {
  readonly lab: LabClient;
  /** Where /healthz, /readyz and /metrics are. */
  readonly url: string;
  /** False once it has ended by itself, too. */
  readonly running: boolean;
  kill(): Promise<void>;
  /** SIGSTOP, as on a machine that hangs: it does nothing, and does not know it. */
  freeze(): void;
  thaw(): void;
  /** Begins again, as kubelet would. Resolves when it works. */
  start(): Promise<void>;
  /** What the API server refused it for want of a right, by its log. */
  refusals(): string[];
  /** The newest lines of its log about a namespace. */
  logOf(namespace: string, lines?: number): string;
}

/** Labs in which a controller works in every namespace, with nobody to elect it: a second one beside it is what no cluster has. */
const served = new Set<string>();

const shiftedClock = new URL("shifted-clock.ts", import.meta.url).href;
const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

/**
 * Starts `sluice controller`. With `namespace` it works in that one alone, so that a test may kill it while others go on;
 * with `leaderElect` it competes for the Lease first, as in a cluster; `kubeconfig` leads it another way, as through a fault proxy;
 * `identity` is its name in the Lease and in what it writes; `clockAheadMs` is how far its wall clock is ahead of everybody else's.
 *
 * @example await using sluice = await startSluice(lab);
 */
export async function startSluice(
  lab: LabClient,
  options: {
    namespace?: string;
    leaderElect?: boolean;
    kubeconfig?: string;
    identity?: string;
    clockAheadMs?: number;
    /** Resolve once it is alive, though it may have to wait for something before it can work. @default false */
    waits?: boolean;
  } = {},
): Promise<Sluice> {
  const everywhere = options.namespace === undefined && options.leaderElect !== true;
  if (options.leaderElect !== true && served.has(lab.info.dir))
    throw new Error(
      "a controller works in every namespace of this lab already: one more that was not elected either would be a second leader. Use sharedLab({ controller: false })",
    );
  const port = await freePort();
  const logFile = join(lab.info.dir, `sluice-${options.namespace ?? "all"}-${port}.log`);
  const url = `http://127.0.0.1:${port}`;
  const part: Part = createPart({
    name: "sluice",
    command: process.execPath,
    args: [
      ...(options.clockAheadMs === undefined ? [] : ["--import", shiftedClock]),
      cli,
      "controller",
      `--kubeconfig=${options.kubeconfig ?? lab.kubeconfig("sluice")}`,
      `--prometheus=default=${lab.prometheusUrl}`,
      ...(options.leaderElect === true ? [] : ["--no-leader-elect"]),
      `--listen=127.0.0.1:${port}`,
      ...(options.identity === undefined ? [] : [`--identity=${options.identity}`]),
      ...(options.namespace === undefined ? [] : [`--namespace=${options.namespace}`]),
    ],
    ...(options.clockAheadMs === undefined ? {} : { env: { SLUICE_LAB_CLOCK_AHEAD_MS: String(options.clockAheadMs) } }),
    logFile,
    ready: async () => (await fetch(`${url}/${options.waits === true ? "healthz" : "readyz"}`)).ok,
  });
  await part.start();
  if (everywhere) served.add(lab.info.dir);
  const log = () => readFileSync(logFile, "utf8").split("\n");
  return {
    lab,
    url,
    get running() {
      return part.running;
    },
    kill: () => part.kill(),
    freeze: () => part.pause(),
    thaw: () => part.resume(),
    start: () => part.start(),
    refusals: () => log().filter((line) => /cannot [a-z]+ resource/.test(line)),
    logOf: (namespace, lines = 60) =>
      log()
        .filter((line) => line.includes(namespace) || !line.startsWith("{"))
        .slice(-lines)
        .map((line) => line.slice(0, 600))
        .join("\n"),
    async [Symbol.asyncDispose]() {
      if (everywhere) served.delete(lab.info.dir);
      await part.stop();
    },
  };
}

/** A port of loopback that nobody has. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
