import { type Clock, delay, systemClock } from "../clock.ts";
import { type Patience, patiently } from "../kube/patient.ts";
import { connect } from "./connect.ts";
import { openScreen, type Screen } from "./screen.ts";
import { explain } from "./explain.ts";
import type { Where } from "./find-rollout.ts";
import { deployment, lookAtRelease } from "./look-at-release.ts";
import { podsOf } from "./pods-of.ts";
import { releaseLine, releaseTree, type WatchedRelease } from "./release-tree.ts";
import { cutTo } from "./table.ts";
import { troubleTeller } from "./trouble.ts";
import type { WatchFlags } from "./watch.ts";

/** Shows a release until the process is ended. @throws CommandFailure */
export async function watchRelease(name: string, flags: WatchFlags): Promise<void> {
  const { api, namespace, server } = connect(flags);
  const where: Where = { api, namespace: flags.namespace ?? namespace, server };
  const { stdout } = process;
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
  const screen = stdout.isTTY && flags.plain !== true ? openScreen(stdout) : undefined;
  let lastFrame: readonly string[] = [];
  try {
    const show = screen === undefined ? printing() : (release: WatchedRelease) => draw(screen, release);
    const troubled = troubleTeller(server, screen === undefined ? complain : (line) => drawTrouble(screen, line));
    await looking(where, name, systemClock, flags.interval, ending.signal, { show, troubled });
  } catch (error) {
    throw explain(error, server);
  } finally {
    screen?.leave();
    // What was seen last stays on the terminal.
    for (const line of lastFrame) stdout.write(`${line}\n`);
    await api.close();
  }

  function draw({ size, draw: drawLines }: Screen, release: WatchedRelease): void {
    const { columns, rows } = size();
    lastFrame = releaseTree(release, systemClock.now(), { columns, rows });
    drawLines(lastFrame);
  }

  /** Below what was seen last, until the next look. */
  function drawTrouble({ size, draw: drawLines }: Screen, line: string): void {
    const { columns, rows } = size();
    drawLines([...lastFrame.slice(0, rows - 1), cutTo(line, columns)]);
  }

  function complain(line: string): void {
    process.stderr.write(`sluice: ${line}\n`);
  }

  function printing(): (release: WatchedRelease) => void {
    let last = "";
    return (release) => {
      const now = releaseLine(release);
      if (now !== last) stdout.write(`${new Date(systemClock.now()).toISOString().slice(0, 19)}Z ${now}\n`);
      last = now;
    };
  }
}

export interface Looking {
  show: (release: WatchedRelease) => void;
  /** Called when the cluster cannot be asked just now, and is asked again. */
  troubled: (error: unknown) => void;
}

/**
 * Calls `show` with what it sees, every `intervalMs`, until `signal` is aborted. A failure that may pass is waited for: for ever once
 * something was seen, before that over some seconds, since the address may be wrong.
 */
export async function looking(
  where: Where,
  name: string,
  clock: Clock,
  intervalMs: number,
  signal: AbortSignal,
  { show, troubled }: Looking,
): Promise<void> {
  let patience: Patience = { onTrouble: troubled, signal };
  try {
    while (!signal.aborted) {
      show(await patiently(clock, () => look(where, name), patience));
      patience = { ...patience, untilMs: Number.POSITIVE_INFINITY };
      await delay(clock, intervalMs, signal);
    }
  } catch (error) {
    // The watcher left in the middle of a wait.
    if (!signal.aborted) throw error;
  }
}

async function look(where: Where, name: string): Promise<WatchedRelease> {
  const release = await lookAtRelease(where, name);
  const { run, rollout, workload } = release;
  const names = new Set([workload, run?.spec.from.workload, run?.spec.to.workload, rollout.live?.workload]);
  const found = await Promise.all(
    [...names].filter((wanted) => wanted !== undefined).map((wanted) => deployment(where, wanted)),
  );
  const deployments = found.filter((object) => object !== undefined);
  const carried = deployments.map(async (object) => [object.metadata.name, await podsOf(where, object)] as const);
  return { ...release, deployments, pods: new Map(await Promise.all(carried)) };
}
