import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { systemClock, type Clock } from "../clock.ts";
import { type Controller, startController } from "../controller/controller.ts";
import type { Telemetry } from "../controller/telemetry.ts";
import { startLeaseElection } from "../kube/lease.ts";
import type { Log } from "../kube/log.ts";
import type { KubeApi } from "../kube/port.ts";
import { createHealth, type Health } from "../server/health.ts";
import { parseListen } from "../server/listen.ts";
import { createLog, type LogLevel } from "../server/log.ts";
import { createMetrics, type Metrics } from "../server/metrics.ts";
import { createAlerts } from "../server/alerts.ts";
import { type RunningServer, type ServerOptions, startServer } from "../server/server.ts";
import { connect } from "./connect.ts";
import type { ControllerFlags } from "./controller.ts";
import { CommandFailure, EXIT, usage } from "./failure.ts";
import { defaultIdentity, defaultLeaseNamespace } from "./identity.ts";
import { watchForEnd } from "./process-end.ts";
import { prometheusServers } from "./prometheus-servers.ts";
import { readVersion } from "./version-file.ts";
import { whoAmI } from "./who-am-i.ts";

const LEASE = "sluice";
/** Of the 30 s that Kubernetes gives a Pod to end, what is left for giving up the Lease is plenty. */
const DRAIN_MS = 15_000;

/** Runs the controller until a signal, the loss of leadership or a failure ends it. Gives the exit code. */
export async function runController(flags: ControllerFlags): Promise<number> {
  const listen = parseListen(flags.listen);
  if (listen === undefined)
    throw usage(`--listen ${JSON.stringify(flags.listen)}: expected an address such as :8080 or 127.0.0.1:8080`);
  const prometheus = prometheusServers(flags, process.env["SLUICE_PROMETHEUS"]);
  const clock = systemClock;
  const log = createLog({ level: flags.logLevel as LogLevel });
  const version = readVersion();
  const metrics = createMetrics({ version });
  const health = createHealth({ clock });
  const { api, server: apiserver } = connect(flags, { onRequest: metrics.requested });
  const server = await listenAt(flags.listen, { listen, health, metrics, ...takingAlerts(flags, api, log) });
  const end = watchForEnd(log);
  const identity = flags.identity ?? defaultIdentity(process.env);
  const servers = Object.keys(prometheus);
  log.info({ version, identity, apiserver, prometheus: servers, listen: server.address }, "sluice controller starts");
  if (servers.length === 0)
    log.warn(
      {},
      "no Prometheus is known, so nothing can be judged and no new version gets past its first step: give --prometheus URL",
    );
  await warnWithoutCrds(api, log);

  const lease = { namespace: flags.leaseNamespace ?? defaultLeaseNamespace(process.env), name: LEASE };
  let controller: Controller | undefined;
  const telemetry = alsoTell(health, metrics);
  const scope = flags.namespace === undefined ? {} : { namespace: flags.namespace };
  async function work(signal: AbortSignal, isOver: () => boolean): Promise<void> {
    health.leads();
    metrics.setLeader(true);
    signal.addEventListener("abort", () => metrics.setLeader(false), { once: true });
    const started = await startController({
      api,
      prometheus,
      clock,
      random: Math.random,
      log,
      telemetry,
      identity,
      ownNamespace: lease.namespace,
      workers: flags.workers,
      signal,
      isOver,
      onLack: health.lacks,
      ...scope,
    });
    controller = started;
    metrics.watchQueue(started.queue);
    health.works(() => started.queue().active);
  }
  const onElected = (signal: AbortSignal, isOver: () => boolean): void => {
    work(signal, isOver).catch((err: unknown) => {
      if (!signal.aborted) end.end(EXIT.failed, { err }, "the controller could not start");
    });
  };
  const onLost = (why: string): void => end.end(EXIT.failed, {}, `stopping, since leadership was lost: ${why}`);
  const onHolder = (holder: string): void => {
    health.sawHolder(holder);
    if (holder !== identity) log.info({ holder, lease }, "standing by: another leads");
  };
  const term = flags.leaderElect
    ? startLeaseElection({ api, clock, random: Math.random, log, lease, identity, onElected, onLost, onHolder })
    : leadAlone(onElected);

  const exitCode = await end.ended;
  health.stops();
  // In this order: work ends while the Lease is still ours; once it is given up another may be writing.
  if (controller !== undefined)
    await within(clock, DRAIN_MS, controller.stop(), () =>
      log.warn({ afterMs: DRAIN_MS }, "work in hand does not end: it is cut off"),
    );
  await term.stop();
  await server.close();
  log.info({ exitCode }, "sluice controller has stopped");
  return exitCode;
}

async function listenAt(asked: string, options: ServerOptions): Promise<RunningServer> {
  try {
    return await startServer(options);
  } catch (cause) {
    throw new CommandFailure(
      `cannot listen at ${asked}: ${(cause as Error).message}\nGive another address with --listen.`,
      EXIT.failed,
      { cause },
    );
  }
}

/** The token is read anew for each request: Kubernetes replaces files of Secrets in place. */
function takingAlerts(flags: ControllerFlags, api: KubeApi, log: Log): Pick<ServerOptions, "alerts"> {
  const file = flags.alertsTokenFile;
  if (file === undefined) return {};
  try {
    if (readFileSync(file, "utf8").trim() === "") throw new Error("it is empty");
  } catch (error) {
    throw usage(`--alerts-token-file ${file}: ${(error as Error).message}: expected a file with a bearer token`);
  }
  return { alerts: createAlerts({ api, log, token: () => readFile(file, "utf8"), user: () => whoAmI(api) }) };
}

function alsoTell(health: Health, { telemetry }: Metrics): Telemetry {
  return {
    ...telemetry,
    passed(...args) {
      telemetry.passed(...args);
      health.passed();
    },
  };
}

/** A deployment brings CRDs and controller at the same time, so it is no failure that they are not there yet. */
async function warnWithoutCrds(api: KubeApi, log: Log): Promise<void> {
  try {
    const served = await api.discover("sluice.dev");
    if (!served.some(({ kind }) => kind === "Rollout"))
      log.warn(
        {},
        "this cluster does not know Rollouts yet; waiting for: sluice crds | kubectl apply --server-side -f -",
      );
  } catch (err) {
    log.warn({ err }, "the API server does not answer; trying on");
  }
}

/** A term of leadership that nobody else competes for. */
function leadAlone(onElected: (signal: AbortSignal, isOver: () => boolean) => void): { stop(): Promise<void> } {
  const term = new AbortController();
  onElected(term.signal, () => false);
  return { stop: async () => term.abort(new Error("stopped")) };
}

/** Waits for `work`, but no longer than this. */
async function within(clock: Clock, limitMs: number, work: Promise<void>, onLate: () => void): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(limitMs, () => {
    onLate();
    resolve();
  });
  await Promise.race([work, late]).finally(cancel);
}
