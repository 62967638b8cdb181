export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "other";

/** A request to the API server, in the words that RBAC has for it. */
export interface ApiCall {
  readonly verb: Verb;
  /** As "deployments", "rolloutruns/status"; empty for what is no resource (discovery, health). */
  readonly resource: string;
  readonly namespace: string | undefined;
}

/** The verbs that change something. */
export const WRITES: readonly Verb[] = ["create", "update", "patch", "delete"];

const verbs: Readonly<Record<string, Verb>> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };

/** What a request asks for: `url` is its path and query. */
export function parseApiCall(method: string, url: string): ApiCall {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const [, namespace, resource = "", name, subresource] =
    /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      pathname,
    ) ?? [];
  if (resource === "") return { verb: "other", resource, namespace };
  const reading = searchParams.get("watch") === "true" ? "watch" : name === undefined ? "list" : "get";
  return {
    verb: method === "GET" ? reading : (verbs[method] ?? "other"),
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
  };
}
