import { userInfo } from "node:os";
import { ApiError } from "../kube/errors.ts";
import type { KubeApi, Resource } from "../kube/port.ts";

const selfSubjectReviews: Resource = {
  group: "authentication.k8s.io",
  version: "v1",
  plural: "selfsubjectreviews",
  kind: "SelfSubjectReview",
  namespaced: false,
};

/**
 * Who the API server takes us for: what `by` of a command must be where the admission policy is installed without the one that fills
 * it in. Where that cannot be asked, the local user's name, as a hint.
 */
export async function whoAmI(api: KubeApi): Promise<string> {
  try {
    const review = await api.create(selfSubjectReviews, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "SelfSubjectReview",
      metadata: { name: "" },
    });
    const { userInfo: user } = (review["status"] ?? {}) as { userInfo?: { username?: string } };
    return user?.username ?? userInfo().username;
  } catch (error) {
    if (error instanceof ApiError && (error.code === 403 || error.code === 404)) return userInfo().username;
    throw error;
  }
}
