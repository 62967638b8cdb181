import { ApiError, isAlreadyExists, isNotFound } from "../kube/errors.ts";
import type { Context } from "./context.ts";

/** What is there already, or gone already, is as wished; of a lost race the next pass sees the outcome. */
export async function attempt(context: Context, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const lost = error instanceof ApiError && (error.code === 409 || error.code === 422);
    if (!lost && !isAlreadyExists(error) && !isNotFound(error)) throw error;
    context.log.info({ err: error }, "done already, or somebody wrote first");
  }
}
