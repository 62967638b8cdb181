import type { KubeApi, KubeObject, Resource } from "./port.ts";

/** Everything of one kind at one moment of the server's history. */
export interface Snapshot {
  items: KubeObject[];
  resourceVersion: string;
}

/**
 * Reads page by page, so that no answer is large. All pages are of the same moment: the server keeps it in the continue token.
 * @throws ApiError; 410 when that moment became too old between two pages: begin anew
 */
export async function listAll(
  api: KubeApi,
  resource: Resource,
  options: { namespace?: string | undefined; labelSelector?: string; limit?: number; signal?: AbortSignal } = {},
): Promise<Snapshot> {
  const { namespace, labelSelector, limit = 500, signal } = options;
  const query = {
    limit,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(signal === undefined ? {} : { signal }),
  };
  const first = await api.list(resource, query);
  const items = first.items;
  for (let token = first.continueToken; token !== undefined; ) {
    const page = await api.list(resource, { ...query, continueToken: token });
    for (const item of page.items) items.push(item);
    token = page.continueToken;
  }
  return { items, resourceVersion: first.resourceVersion };
}
