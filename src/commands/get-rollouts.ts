import { isFinal } from "../api/phase.ts";
import { systemClock } from "../clock.ts";
import { readRolloutStatus } from "../controller/read.ts";
import { connect } from "./connect.ts";
import { explain } from "./explain.ts";
import { usage } from "./failure.ts";
import { findRollout, listRollouts, listRuns, type Where } from "./find-rollout.ts";
import type { GetFlags } from "./get.ts";
import { rolloutPage } from "./rollout-page.ts";
import { rolloutTable } from "./rollout-table.ts";
import { serialize } from "./serialize.ts";
import { typed } from "./typed.ts";

/** Prints what `sluice get` was asked for. @throws CommandFailure */
export async function getRollouts(name: string | undefined, flags: GetFlags): Promise<void> {
  if (name !== undefined && flags.allNamespaces === true)
    throw usage("a NAME and --all-namespaces do not go together: name the namespace with -n");
  if (flags.namespace !== undefined && flags.allNamespaces === true)
    throw usage("--namespace and --all-namespaces do not go together: give one of them");
  const { api, namespace, server } = connect(flags);
  const where: Where = { api, namespace: flags.namespace ?? namespace, server };
  try {
    process.stdout.write(name === undefined ? await many(where, flags) : await one(where, name, flags));
  } catch (error) {
    throw explain(error, server);
  } finally {
    await api.close();
  }
}

async function many(where: Where, flags: GetFlags): Promise<string> {
  const namespace = flags.allNamespaces === true ? undefined : where.namespace;
  const items = await listRollouts(where, namespace);
  const { output } = flags;
  if (output === "json" || output === "yaml") return serialize({ apiVersion: "v1", kind: "List", items }, output);
  if (output === "name") return items.map(({ metadata }) => `${metadata.name}\n`).join("");
  if (items.length === 0) {
    process.stderr.write(
      namespace === undefined
        ? "There are no Rollouts. Protect a Deployment with one: see examples/.\n"
        : `There are no Rollouts in namespace ${namespace}. Look in all of them: ${typed("get -A")}\n`,
    );
    return "";
  }
  const width = process.stdout.isTTY ? process.stdout.columns : undefined;
  return rolloutTable(items, {
    namespaces: namespace === undefined,
    wide: output === "wide",
    nowMs: systemClock.now(),
    width,
  });
}

async function one(where: Where, name: string, { output }: GetFlags): Promise<string> {
  const rollout = await findRollout(where, name);
  if (output === "json" || output === "yaml") return serialize(rollout, output);
  if (output === "name") return `${name}\n`;
  if (output === "wide") return rolloutTable([rollout], { namespaces: false, wide: true, nowMs: systemClock.now() });
  const { runs, unreadable } = await listRuns(where, name);
  if (unreadable.length > 0)
    process.stderr.write(`sluice: left out, since another version of Sluice wrote them: ${unreadable.join(", ")}\n`);
  const run = runs.find(({ status }) => !isFinal(status.phase)) ?? runs[0];
  return rolloutPage({
    name,
    namespace: where.namespace,
    status: readRolloutStatus(rollout),
    run,
    nowMs: systemClock.now(),
    typed: (args) => typed(args),
  });
}
