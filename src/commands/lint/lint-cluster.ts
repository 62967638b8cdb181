import { connect } from "../connect.ts";
import { explain } from "../explain.ts";
import { usage } from "../failure.ts";
import type { LintFlags } from "../lint.ts";
import { typed } from "../typed.ts";
import { lintObjects } from "./lint-objects.ts";
import { tell } from "./tell.ts";
import { readCluster } from "./read-cluster.ts";

/** Reads what a cluster holds, and writes nothing there. @throws CommandFailure */
export async function lintCluster(flags: LintFlags): Promise<void> {
  const { api, namespace: current, server } = connect(flags);
  const namespace = flags.allNamespaces === true ? undefined : (flags.namespace ?? current);
  try {
    const read = await readCluster(api, server, namespace);
    if (read.rollouts.length === 0)
      throw usage(
        namespace === undefined
          ? `there are no Rollouts in the cluster at ${server}: nothing was looked at`
          : `there are no Rollouts in namespace ${namespace}: nothing was looked at\nLook in all of them: ${typed("lint --cluster -A")}`,
      );
    tell(lintObjects(read, { namespace, trustDomains: flags.trustDomain }), flags.output);
  } catch (error) {
    throw explain(error, server);
  } finally {
    await api.close();
  }
}
