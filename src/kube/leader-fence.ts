import { ApiError } from "./errors.ts";
import type { KubeApi } from "./port.ts";

/**
 * `api` for one term of leadership: once `signal` is aborted no write begins (ApiError "NotLeader", code 0), and those in flight are
 * aborted with it. Reads go through. `isOver` tells the end of the term by the clock, where the signal may be late.
 */
export function fenceWrites(api: KubeApi, signal: AbortSignal, isOver: () => boolean = () => false): KubeApi {
  async function fenced<Options extends { signal?: AbortSignal }, T>(
    options: Options | undefined,
    write: (options: Options & { signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    refuseUnlessLeading();
    const both = options?.signal ? AbortSignal.any([options.signal, signal]) : signal;
    try {
      return await write({ ...(options as Options), signal: both });
    } catch (error) {
      // The write may or may not have happened; either way it is no longer ours to say.
      refuseUnlessLeading(error);
      throw error;
    }
  }

  function refuseUnlessLeading(cause?: unknown): void {
    if (signal.aborted || isOver())
      throw new ApiError(0, "NotLeader", "this process no longer leads: the write was not made or not confirmed", {
        cause,
      });
  }

  return {
    get: (resource, ref, options) => api.get(resource, ref, options),
    list: (resource, options) => api.list(resource, options),
    watch: (resource, options) => api.watch(resource, options),
    discover: (group) => api.discover(group),
    create: (resource, object, options) => fenced(options, (leading) => api.create(resource, object, leading)),
    replace: (resource, object, options) => fenced(options, (leading) => api.replace(resource, object, leading)),
    patch: (resource, ref, body, options) => fenced(options, (leading) => api.patch(resource, ref, body, leading)),
    delete: (resource, ref, options) => fenced(options, (leading) => api.delete(resource, ref, leading)),
  };
}
