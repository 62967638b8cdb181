import { LABEL_ROLLOUT } from "../api/metadata.ts";
import { nearest } from "../api/problem.ts";
import type { ReadRun } from "../controller/observe.ts";
import { readRun } from "../controller/read.ts";
import { rolloutRuns, rollouts } from "../controller/resources.ts";
import { ApiError, isNotFound } from "../kube/errors.ts";
import { listAll } from "../kube/list-all.ts";
import type { KubeApi, KubeObject } from "../kube/port.ts";
import { CommandFailure } from "./failure.ts";
import { notInstalled } from "./explain.ts";
import { typed } from "./typed.ts";

export interface Where {
  api: KubeApi;
  namespace: string;
  /** Address of the API server, for messages. */
  server: string;
}

/** A Rollout by name. @throws CommandFailure that names those that there are */
export async function findRollout({ api, namespace, server }: Where, name: string): Promise<KubeObject> {
  try {
    return await api.get(rollouts, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw await notFound({ api, namespace, server }, name);
  }
}

/** Rollouts of one namespace, or of all when it is left out; by namespace and name. @throws CommandFailure when the kind is not installed */
export async function listRollouts(
  { api, server }: Pick<Where, "api" | "server">,
  namespace: string | undefined,
): Promise<KubeObject[]> {
  try {
    const { items } = await listAll(api, rollouts, { limit: 500, ...(namespace === undefined ? {} : { namespace }) });
    const key = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;
    return items.toSorted((a, b) => key(a).localeCompare(key(b)));
  } catch (error) {
    // A namespace that does not exist has an empty list: only a kind that is not served is not found.
    throw isNotFound(error) ? notInstalled(server) : error;
  }
}

/** A Rollout's runs, the newest first; and the names of those that another version wrote in a way that this one cannot read. */
export async function listRuns(
  { api, namespace }: Where,
  rollout: string,
): Promise<{ runs: ReadRun[]; unreadable: string[] }> {
  const { items } = await listAll(api, rolloutRuns, {
    namespace,
    labelSelector: `${LABEL_ROLLOUT}=${rollout}`,
    limit: 500,
  });
  const runs = items.flatMap((item) => readRun(item) ?? []);
  const unreadable = items.filter((item) => readRun(item) === undefined).map((item) => item.metadata.name);
  return { runs: runs.toSorted((a, b) => b.spec.ordinal - a.spec.ordinal), unreadable };
}

async function notFound(where: Where, name: string): Promise<CommandFailure> {
  const { namespace } = where;
  const here = (await listRollouts(where, namespace)).map((rollout) => rollout.metadata.name);
  const gone = `there is no Rollout ${name} in namespace ${namespace}`;
  if (here.length > 0) {
    const near = nearest(name, here);
    return new CommandFailure(
      `${gone}\n${near === undefined ? "" : `Did you mean ${near}? `}There ${here.length === 1 ? "is" : "are"}: ${here.join(", ")}`,
    );
  }
  const elsewhere = (await listElsewhere(where))
    .filter((rollout) => rollout.metadata.name === name)
    .map((rollout) => rollout.metadata.namespace);
  if (elsewhere.length > 0)
    return new CommandFailure(
      `${gone}, and no other\nThere is one in namespace ${elsewhere.join(", ")}: name it with -n`,
    );
  return new CommandFailure(`${gone}, and no other\nLook in all namespaces: ${typed("get -A")}`);
}

/** Not everybody may look everywhere; then there is nothing to suggest. */
async function listElsewhere(where: Where): Promise<KubeObject[]> {
  try {
    return await listRollouts(where, undefined);
  } catch (error) {
    if (error instanceof ApiError && error.code === 403) return [];
    throw error;
  }
}
