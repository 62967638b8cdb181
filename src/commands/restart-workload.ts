import { validateRollout } from "../api/validate.ts";
import { systemClock } from "../clock.ts";
import { isNotFound } from "../kube/errors.ts";
import type { KubeApi, KubeObject } from "../kube/port.ts";
import { deployments } from "../kube/resources.ts";
import type { NamespaceOptions } from "./cluster-options.ts";
import { connect } from "./connect.ts";
import { explain } from "./explain.ts";
import { CommandFailure } from "./failure.ts";
import { findRollout, type Where } from "./find-rollout.ts";
import { typed } from "./typed.ts";

/** The annotation that kubectl writes, so that both mean the same. */
const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

/** Does what `sluice restart` was asked for. @throws CommandFailure */
export async function restart(name: string, flags: NamespaceOptions): Promise<void> {
  const { api, namespace, server } = connect(flags);
  const where: Where = { api, namespace: flags.namespace ?? namespace, server };
  try {
    const workload = await restartWorkload(api, await findRollout(where, name), systemClock.now());
    const look = typed(`get ${name} -n ${where.namespace}`);
    process.stdout.write(`Deployment ${workload} has a new template; it gets to users by a run: ${look}\n`);
  } catch (error) {
    throw explain(error, server);
  } finally {
    await api.close();
  }
}

/** Gives the Deployment that a Rollout protects a new template, of the same version. Gives its name. @throws CommandFailure */
export async function restartWorkload(api: KubeApi, rollout: KubeObject, nowMs: number): Promise<string> {
  const { namespace = "", name } = rollout.metadata;
  const read = validateRollout(rollout);
  if (!read.ok) {
    const [problem] = read.problems;
    throw new CommandFailure(
      `Rollout ${name} cannot be read, so no run would begin: ${problem?.path}: ${problem?.message}`,
    );
  }
  if (read.spec.suspend)
    throw new CommandFailure(
      `Rollout ${name} is suspended (spec.suspend), so no run would begin\nTake that back first: kubectl -n ${namespace} patch rollout ${name} --type=merge -p '{"spec":{"suspend":false}}'`,
    );
  const workload = read.spec.workload.name;
  const annotations = { [RESTARTED_AT]: new Date(nowMs).toISOString().replace(/\.\d+/, "") };
  const patch = { spec: { template: { metadata: { annotations } } } };
  try {
    const ref = { namespace, name: workload };
    await api.patch(deployments, ref, { type: "merge", patch }, { fieldManager: "sluice-cli" });
  } catch (error) {
    if (isNotFound(error)) throw new CommandFailure(`there is no Deployment ${workload} in namespace ${namespace}`);
    throw error;
  }
  return workload;
}
