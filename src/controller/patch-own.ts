import { FIELD_MANAGER } from "../api/metadata.ts";
import { ApiError } from "../kube/errors.ts";
import type { JsonPatchOperation, KubeObject } from "../kube/port.ts";
import { deployments } from "../kube/resources.ts";
import type { Context } from "./context.ts";

/** Patches the own Deployment; a lost race is no error: the next pass sees what won. */
export async function patchOwn(
  context: Context,
  own: KubeObject,
  operations: readonly JsonPatchOperation[],
): Promise<boolean> {
  if (operations.length === 0) return false;
  const ref = { namespace: own.metadata.namespace ?? "", name: own.metadata.name };
  try {
    await context.api.patch(deployments, ref, { type: "json", operations }, { fieldManager: FIELD_MANAGER });
  } catch (error) {
    if (!(error instanceof ApiError) || !(error.code === 409 || error.code === 422 || error.code === 404)) throw error;
    context.log.info({ ...ref, err: error }, "the Deployment was not as the cache had it");
  }
  return true;
}
