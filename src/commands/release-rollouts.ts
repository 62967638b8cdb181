import { type Clock, delay, systemClock } from "../clock.ts";
import { readRolloutStatus } from "../controller/read.ts";
import { rollouts } from "../controller/resources.ts";
import { isConflict, isNotFound } from "../kube/errors.ts";
import { patiently } from "../kube/patient.ts";
import type { KubeApi, KubeObject } from "../kube/port.ts";
import { deployments } from "../kube/resources.ts";
import { connect } from "./connect.ts";
import { explain } from "./explain.ts";
import { CommandFailure, usage } from "./failure.ts";
import { findRollout, listRollouts, type Where } from "./find-rollout.ts";
import { printable } from "./printable.ts";
import type { ReleaseFlags } from "./release.ts";
import { troubleTeller } from "./trouble.ts";

const LOOK_MS = 500;

/** Does what `sluice release` was asked for. @throws CommandFailure */
export async function release(name: string | undefined, flags: ReleaseFlags): Promise<void> {
  checkFlags(name, flags);
  const { api, namespace, server } = connect(flags);
  const where: Where = { api, namespace: flags.namespace ?? namespace, server };
  try {
    const everywhere = flags.allNamespaces === true ? undefined : where.namespace;
    const find = async () =>
      name === undefined ? await listRollouts(where, everywhere) : [await findRollout(where, name)];
    const untilMs = systemClock.monotonic() + flags.timeout;
    const troubled = troubleTeller(server, (line) => process.stderr.write(`sluice: ${line}\n`));
    const targets = await patiently(systemClock, find, { untilMs, onTrouble: troubled });
    if (targets.length === 0) process.stderr.write("There are no Rollouts: nothing is held.\n");
    const say = (line: string) => process.stdout.write(`${printable(line)}\n`);
    await releaseAll(api, systemClock, targets, { untilMs, say, troubled });
  } catch (error) {
    throw explain(error, server);
  } finally {
    await api.close();
  }
}

function checkFlags(name: string | undefined, { all, allNamespaces, namespace }: ReleaseFlags): void {
  if (name === undefined && all !== true)
    throw usage("which Rollout is to be released? Give a NAME, or --all for every one of the namespace");
  if (name !== undefined && all === true) throw usage("a NAME and --all do not go together: give one of them");
  if (allNamespaces === true && all !== true) throw usage("--all-namespaces needs --all");
  if (allNamespaces === true && namespace !== undefined)
    throw usage("--namespace and --all-namespaces do not go together: give one of them");
}

export interface Releasing {
  /** On the clock's monotonic time. */
  untilMs: number;
  /** Gets a line whenever a Rollout stands otherwise than before. */
  say: (line: string) => void;
  /** Called when the cluster cannot be asked just now, and is asked again. */
  troubled: (error: unknown) => void;
}

/**
 * Deletes Rollouts and waits until each is gone. A failure that may pass is waited for as long.
 * @throws CommandFailure that names those that are not released in time
 */
export async function releaseAll(
  api: KubeApi,
  clock: Clock,
  targets: readonly KubeObject[],
  { untilMs, say, troubled }: Releasing,
): Promise<void> {
  const patience = { untilMs, onTrouble: troubled };
  for (const target of targets) await patiently(clock, () => deleteOne(api, target), patience);
  const said = new Map<string, string>();
  let waiting = [...targets];
  while (waiting.length > 0) {
    const asked = waiting;
    const looks = await patiently(clock, () => Promise.all(asked.map((target) => look(api, target))), patience);
    for (const { target, line } of looks) {
      if (line !== "" && said.get(keyOf(target)) !== line) say(`${keyOf(target)}: ${line}`);
      said.set(keyOf(target), line);
    }
    waiting = looks.filter(({ isGone }) => !isGone).map(({ target }) => target);
    if (waiting.length > 0 && clock.monotonic() >= untilMs) throw late(waiting);
    if (waiting.length > 0) await delay(clock, LOOK_MS);
  }
}

async function look(api: KubeApi, target: KubeObject): Promise<{ target: KubeObject; isGone: boolean; line: string }> {
  const now = await find(api, target);
  const line = now === undefined ? await ending(api, target) : readRolloutStatus(now).message;
  return { target, isGone: now === undefined, line };
}

/** One that was deleted and made again meanwhile is another, and stays. */
async function deleteOne(api: KubeApi, { metadata }: KubeObject): Promise<void> {
  const { namespace = "", name, uid } = metadata;
  try {
    await api.delete(rollouts, { namespace, name }, uid === undefined ? {} : { preconditions: { uid } });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

async function find(api: KubeApi, { metadata }: KubeObject): Promise<KubeObject | undefined> {
  const { namespace = "", name, uid } = metadata;
  const found = await orGone(api.get(rollouts, { namespace, name }));
  return found?.metadata.uid === uid ? found : undefined;
}

/** What is left of it, for the person who takes over. */
async function ending(api: KubeApi, target: KubeObject): Promise<string> {
  const { namespace = "" } = target.metadata;
  const workload = (target["spec"] as { workload?: { name?: string } } | undefined)?.workload?.name ?? "";
  const own = await orGone(api.get(deployments, { namespace, name: workload }));
  if ((own?.["spec"] as { paused?: boolean } | undefined)?.paused !== true) return "released";
  return `released; Deployment ${workload} stays paused, since its template is not the one that users are on. To ship it unvetted: kubectl -n ${namespace} rollout resume deployment/${workload}`;
}

async function orGone(asked: Promise<KubeObject>): Promise<KubeObject | undefined> {
  return asked.catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}

function late(waiting: readonly KubeObject[]): CommandFailure {
  const names = waiting.map(keyOf).join(", ");
  return new CommandFailure(
    `not released in time: ${names}\n` +
      "The deletion stands and goes on by itself while a controller runs. Does one? kubectl -n sluice-system get lease sluice -o yaml (renewTime)\n" +
      'When it is gone for good, see "Taking the controller away" in docs/troubleshooting.md',
  );
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
