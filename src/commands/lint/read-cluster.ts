import { GROUP } from "../../api/metadata.ts";
import { ApiError } from "../../kube/errors.ts";
import { listAll } from "../../kube/list-all.ts";
import type { KubeApi, KubeObject, Resource } from "../../kube/port.ts";
import { explain } from "../explain.ts";
import { listRollouts } from "../find-rollout.ts";

interface Wanted {
  group: string;
  kind: string;
  /** Where objects of it matter to a Rollout: in its namespace alone, or wherever they are. */
  where: "beside" | "anywhere";
  /** A cluster that does not serve it lacks something; otherwise there is just none. */
  needed: boolean;
}

const wanted = (group: string, where: Wanted["where"], needed: boolean, ...kinds: string[]): Wanted[] =>
  kinds.map((kind) => ({ group, kind, where, needed }));

const WANTED: readonly Wanted[] = [
  ...wanted(GROUP, "beside", false, "RolloutPolicy"),
  ...wanted(GROUP, "anywhere", false, "ClusterRolloutPolicy"),
  ...wanted("", "anywhere", true, "Namespace", "ServiceAccount"),
  ...wanted("", "beside", true, "Service"),
  ...wanted("apps", "beside", true, "Deployment"),
  ...wanted("autoscaling", "beside", true, "HorizontalPodAutoscaler"),
  ...wanted("networking.k8s.io", "beside", false, "Ingress"),
  ...wanted("networking.istio.io", "anywhere", true, "VirtualService", "DestinationRule", "Gateway"),
  ...wanted("security.istio.io", "anywhere", true, "AuthorizationPolicy", "PeerAuthentication"),
  ...wanted("gateway.networking.k8s.io", "anywhere", false, "HTTPRoute"),
];

/** What could not be looked at: the kind, why, and what to do about it. */
export interface Unread {
  kind: string;
  message: string;
  remedy: string;
}

export interface ClusterObjects {
  rollouts: KubeObject[];
  objects: KubeObject[];
  /** Kinds of which everything that matters was read. */
  complete: Set<string>;
  unread: Unread[];
}

/**
 * Everything that the checks look at, of one namespace or of all: only lists, page by page. What may not be listed everywhere is
 * listed in the namespace. @throws CommandFailure when Rollouts themselves cannot be read, ApiError when the server does not answer
 */
export async function readCluster(
  api: KubeApi,
  server: string,
  namespace: string | undefined,
): Promise<ClusterObjects> {
  const rollouts = await listRollouts({ api, server }, namespace);
  const groups = [...new Set(WANTED.map(({ group }) => group))];
  const served = new Map(await Promise.all(groups.map(async (group) => [group, await api.discover(group)] as const)));
  const answers = await Promise.all(
    WANTED.map(async (each) => {
      const resource = served.get(each.group)?.find(({ kind }) => kind === each.kind);
      return resource === undefined ? notServed(each, server) : await listKind(api, server, each, resource, namespace);
    }),
  );
  return {
    rollouts,
    objects: answers.flatMap(({ objects }) => objects),
    complete: new Set(WANTED.filter((_, index) => answers[index]?.unread === undefined).map(({ kind }) => kind)),
    unread: answers.flatMap(({ unread }) => unread ?? []),
  };
}

interface Answer {
  objects: KubeObject[];
  unread?: Unread;
}

function notServed({ group, kind, needed }: Wanted, server: string): Answer {
  if (!needed) return { objects: [] };
  return {
    objects: [],
    unread: {
      kind,
      message: `the cluster at ${server} does not serve the kind ${kind} of ${group}: nothing that rests on it is looked at.`,
      remedy: `Is this the right cluster? If Istio runs there, look for its definitions: kubectl get crd | grep ${group}`,
    },
  };
}

async function listKind(
  api: KubeApi,
  server: string,
  { kind, where }: Wanted,
  resource: Resource,
  namespace: string | undefined,
): Promise<Answer> {
  const home = resource.namespaced ? namespace : undefined;
  try {
    return { objects: await list(api, resource, where === "beside" ? home : undefined) };
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const unread = refused(kind, error, server, "it is not looked at");
    if (where === "beside" || home === undefined) return { objects: [], unread };
    try {
      const objects = await list(api, resource, home);
      return { objects, unread: refused(kind, error, server, `only what namespace ${home} has of it is looked at`) };
    } catch (again) {
      if (!isForbidden(again)) throw again;
      return { objects: [], unread: refused(kind, again, server, "it is not looked at") };
    }
  }
}

async function list(api: KubeApi, resource: Resource, namespace: string | undefined): Promise<KubeObject[]> {
  return (await listAll(api, resource, { namespace })).items;
}

function isForbidden(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 403;
}

function refused(kind: string, error: ApiError, server: string, rest: string): Unread {
  const told = explain(error, server);
  const [message = "", ...remedy] = (told instanceof Error ? told.message : String(told)).split("\n");
  return { kind, message: `${message}: ${rest}.`, remedy: remedy.join("\n") };
}
