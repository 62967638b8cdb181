import { ApiError } from "../kube/errors.ts";
import type { KubeApi } from "../kube/port.ts";
import { secrets } from "../kube/resources.ts";
import type { ReadSecret, SecretRead } from "../notify/deliver.ts";

/** Reads Secrets one by one, when they are needed: the controller may read those that a Role names, and can list none. */
export function readSecretBy(api: KubeApi): ReadSecret {
  return async ({ namespace, name }): Promise<SecretRead> => {
    try {
      const secret = await api.get(secrets, { namespace, name });
      const data = (secret["data"] ?? {}) as Record<string, string>;
      const text = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]);
      return { kind: "read", data: Object.fromEntries(text) as Record<string, string> };
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return { kind: "refused", why: "it is not there: make it" };
      if (error instanceof ApiError && (error.code === 403 || error.code === 401)) {
        const why = `the controller may not read it: give it \`get\` on this Secret by a Role (docs/notifications.md)`;
        return { kind: "refused", why };
      }
      return { kind: "unknown", why: `it cannot be read now: ${(error as Error).message}` };
    }
  };
}
