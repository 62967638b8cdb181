import { FIELD_MANAGER } from "../api/metadata.ts";
import { isNotFound } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { deployments } from "../kube/resources.ts";
import type { Context } from "./context.ts";

/**
 * The field manager, other than Sluice, that last wrote this field of a Deployment's spec; undefined when nobody is named. Caches keep no
 * managers of Deployments, so the API server is asked. Rejects when it does not answer.
 */
export async function writerOf(context: Context, deployment: KubeObject, field: string): Promise<string | undefined> {
  const { namespace = "", name } = deployment.metadata;
  const live = await context.api.get(deployments, { namespace, name }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const writers = (live?.metadata.managedFields ?? []).filter(({ manager, fieldsV1 }) => {
    const spec = (fieldsV1 as { "f:spec"?: object } | undefined)?.["f:spec"];
    return manager !== FIELD_MANAGER && spec !== undefined && `f:${field}` in spec;
  });
  return writers.toSorted((a, b) => (b.time ?? "").localeCompare(a.time ?? ""))[0]?.manager;
}
