import type { Clock } from "../clock.ts";
import { ApiError, isDenied } from "./errors.ts";
import { CALL_TIMEOUT_MS, type KubeApi, type Resource, type WriteOptions } from "./port.ts";

/** Writes that may be carried out yet: those that got no answer, and those that an earlier process has sent. */
export interface LateWrites {
  /** `api`, whose writes without an answer are noted as written for `key`. */
  watch(api: KubeApi, key: string): KubeApi;
  /** For how many milliseconds more a write for `key` may be carried out; 0: not any more. */
  mayComeForMs(key: string): number;
}

/** What a status, an Event or a Lease says late is overwritten or refused: only these are looked after. */
const WORKED_ON: readonly string[] = [
  "virtualservices",
  "destinationrules",
  "deployments",
  "replicasets",
  "horizontalpodautoscalers",
  "scaledobjects",
  "rolloutruns",
];

/** Made when a term of leadership begins: what processes before have sent counts from then. */
export function createLateWrites(clock: Clock): LateWrites {
  const startedMs = clock.monotonic();
  /** When each key last lost an answer; forgotten once nothing can come of it. */
  const unanswered = new Map<string, number>();

  function leftMs(sinceMs: number): number {
    return Math.max(0, sinceMs + CALL_TIMEOUT_MS + 1 - clock.monotonic());
  }

  function note(key: string): void {
    for (const [each, sinceMs] of unanswered) if (leftMs(sinceMs) === 0) unanswered.delete(each);
    unanswered.set(key, clock.monotonic());
  }

  async function noted<T>(
    key: string,
    resource: Resource,
    options: WriteOptions | undefined,
    write: () => Promise<T>,
  ): Promise<T> {
    try {
      return await write();
    } catch (error) {
      const isWork =
        WORKED_ON.includes(resource.plural) && options?.subresource === undefined && options?.dryRun !== true;
      if (isWork && isUnanswered(error)) note(key);
      throw error;
    }
  }

  return {
    watch: (api, key) => ({
      get: (resource, ref, options) => api.get(resource, ref, options),
      list: (resource, options) => api.list(resource, options),
      watch: (resource, options) => api.watch(resource, options),
      discover: (group) => api.discover(group),
      create: (resource, object, options) => noted(key, resource, options, () => api.create(resource, object, options)),
      replace: (resource, object, options) =>
        noted(key, resource, options, () => api.replace(resource, object, options)),
      patch: (resource, ref, body, options) =>
        noted(key, resource, options, () => api.patch(resource, ref, body, options)),
      delete: (resource, ref, options) => noted(key, resource, undefined, () => api.delete(resource, ref, options)),
    }),
    mayComeForMs: (key) => leftMs(unanswered.get(key) ?? startedMs),
  };
}

/** No answer, or one that says nothing of what was done; a webhook's refusal is one. */
function isUnanswered(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 0 || error.code >= 500) && !isDenied(error);
}
