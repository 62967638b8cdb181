import type { KubeConfig } from "@kubernetes/client-node";
import type { Clock } from "../clock.ts";
import { isRecord, parseAnswer } from "./answer.ts";
import { createCredentialSource } from "./credentials.ts";
import { discoverGroup } from "./discovery.ts";
import { ApiError } from "./errors.ts";
import {
  CALL_TIMEOUT_MS,
  type KubeApi,
  type KubeObject,
  type PatchBody,
  type Resource,
  type WriteOptions,
} from "./port.ts";
import { resourceName } from "./resources.ts";
import { createTransport, type HttpRequest, type HttpResponse } from "./transport.ts";
import { collectionPath, objectPath, type Query, withQuery } from "./url.ts";
import { parseWatchLine, readLines } from "./watch-stream.ts";

/** One request, for metrics. `code` is 0 when no answer came; a watch is reported when its headers are there. */
export interface RequestInfo {
  verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "discover";
  /** "deployments.apps", "rollouts.sluice.dev/status". */
  resource: string;
  code: number;
  durationMs: number;
}

export interface KubeClientOptions {
  kubeConfig: KubeConfig;
  clock: Clock;
  /** For a whole call; for a watch until its headers. The API server is told as much with each write. @default CALL_TIMEOUT_MS */
  callTimeoutMs?: number;
  /** @default "sluice" */
  userAgent?: string;
  onRequest?: (info: RequestInfo) => void;
}

export interface KubeClient extends KubeApi {
  /** Ends all connections, open watches too. */
  close(): Promise<void>;
}

/**
 * A client that hands JSON through as it is: no field that this version does not know is dropped or converted.
 * Everything that goes wrong is an ApiError; without an answer its code is 0 and its reason "Timeout", "Network", "Aborted",
 * "Credentials" or "InvalidAnswer". An aborted watch ends without an error.
 * @throws Error when the kubeconfig names no cluster, or plain http off this machine
 */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const { clock, callTimeoutMs = CALL_TIMEOUT_MS, userAgent = "sluice", onRequest = () => {} } = options;
  const source = createCredentialSource(options.kubeConfig, clock);
  const transport = createTransport({ source, clock, callTimeoutMs, userAgent });
  // Read by the API server's request deadline; a write without it may be carried out a minute later, when its sender is long gone.
  const timeout = `${callTimeoutMs}ms`;

  function writeQuery({ fieldManager, dryRun, fieldValidation }: WriteOptions): Query {
    return { fieldManager, fieldValidation, dryRun: dryRun ? "All" : undefined, timeout };
  }

  async function measured<T>(
    verb: RequestInfo["verb"],
    resource: string,
    request: HttpRequest,
    use: (response: HttpResponse) => Promise<T>,
  ): Promise<T> {
    const startMs = clock.monotonic();
    let code = 0;
    try {
      const response = await transport.send(request);
      code = response.code;
      if (code === 401) source.forget();
      return await use(response);
    } finally {
      onRequest({ verb, resource, code, durationMs: clock.monotonic() - startMs });
    }
  }

  async function call(
    verb: RequestInfo["verb"],
    resource: string,
    request: HttpRequest,
  ): Promise<Record<string, unknown>> {
    return measured(verb, resource, request, async (response) => {
      let text: string;
      try {
        text = await response.body.text();
      } catch (error) {
        throw response.translate(error);
      } finally {
        response.release();
      }
      const answer = parseAnswer(response.code, response.headers, text, clock.now());
      if (answer instanceof ApiError) throw answer;
      return answer;
    });
  }

  /** Opens a watch; what is no stream of events is read to its end and thrown. */
  function openWatch(resource: Resource, request: HttpRequest): Promise<HttpResponse> {
    return measured("watch", resourceName(resource), request, async (response) => {
      if (response.code === 200 && String(response.headers["content-type"]).includes("json")) return response;
      try {
        const answer = parseAnswer(response.code, response.headers, await response.body.text(), clock.now());
        throw answer instanceof ApiError
          ? answer
          : new ApiError(0, "InvalidAnswer", `HTTP ${response.code} is not a watch`);
      } catch (error) {
        throw response.translate(error);
      } finally {
        response.release();
      }
    });
  }

  return {
    async get(resource, ref, { signal } = {}) {
      return asObject(
        await call("get", resourceName(resource), { method: "GET", path: objectPath(resource, ref), signal }),
      );
    },

    async list(resource, options = {}) {
      const { namespace, labelSelector, fieldSelector, limit, continueToken, signal } = options;
      const query = { labelSelector, fieldSelector, limit, continue: continueToken };
      const path = withQuery(collectionPath(resource, namespace), query);
      const answer = await call("list", resourceName(resource), { method: "GET", path, signal });
      return asPage(resource, answer);
    },

    async *watch(resource, options) {
      const { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds, signal } = options;
      const query = {
        labelSelector,
        fieldSelector,
        resourceVersion,
        timeoutSeconds,
        watch: true,
        allowWatchBookmarks: true,
      };
      const path = withQuery(collectionPath(resource, namespace), query);
      if (signal.aborted) return;
      let response: HttpResponse | undefined;
      try {
        response = await openWatch(resource, { method: "GET", path, signal, streaming: true });
        for await (const line of readLines(response.body)) {
          if (signal.aborted) return;
          yield parseWatchLine(line);
        }
      } catch (error) {
        if (signal.aborted) return;
        throw response ? response.translate(error) : error;
      } finally {
        response?.release();
        // A reader that leaves early must not leave the connection open behind it.
        response?.body.destroy();
      }
    },

    async create(resource, object, options = {}) {
      const path = withQuery(collectionPath(resource, object.metadata.namespace), writeQuery(options));
      const request: HttpRequest = { method: "POST", path, ...json(object), signal: options.signal };
      return asObject(await call("create", resourceName(resource), request));
    },

    async replace(resource, object, options = {}) {
      const path = withQuery(objectPath(resource, object.metadata, options.subresource), writeQuery(options));
      const request: HttpRequest = { method: "PUT", path, ...json(object), signal: options.signal };
      return asObject(await call("update", withSubresource(resource, options), request));
    },

    async patch(resource, ref, body, options = {}) {
      const query: Query = { ...writeQuery(options), ...(body.type === "apply" && body.force ? { force: true } : {}) };
      const path = withQuery(objectPath(resource, ref, options.subresource), query);
      const request: HttpRequest = { method: "PATCH", path, ...patchContent(body), signal: options.signal };
      return asObject(await call("patch", withSubresource(resource, options), request));
    },

    async delete(resource, ref, options = {}) {
      const { signal, ...rest } = options;
      const content = json({ apiVersion: "v1", kind: "DeleteOptions", ...rest });
      await call("delete", resourceName(resource), {
        method: "DELETE",
        path: withQuery(objectPath(resource, ref), { timeout }),
        ...content,
        signal,
      });
    },

    discover: (group) => discoverGroup(group, (path) => call("discover", group || "core", { method: "GET", path })),

    close: () => transport.close(),
  };
}

function json(value: unknown): { contentType: string; body: string } {
  return { contentType: "application/json", body: JSON.stringify(value) };
}

function patchContent(body: PatchBody): { contentType: string; body: string } {
  if (body.type === "json")
    return { contentType: "application/json-patch+json", body: JSON.stringify(body.operations) };
  if (body.type === "merge") return { contentType: "application/merge-patch+json", body: JSON.stringify(body.patch) };
  // JSON is YAML; the server takes no other content type for this everywhere.
  return { contentType: "application/apply-patch+yaml", body: JSON.stringify(body.object) };
}

function withSubresource(resource: Resource, options: WriteOptions): string {
  return options.subresource === undefined
    ? resourceName(resource)
    : `${resourceName(resource)}/${options.subresource}`;
}

function asObject(answer: Record<string, unknown>): KubeObject {
  if (isRecord(answer.metadata) && typeof answer.kind === "string") return answer as KubeObject;
  throw new ApiError(0, "InvalidAnswer", "the answer is not a Kubernetes object");
}

/** Items of a list come without apiVersion and kind on built-in kinds; they are put back so that an object is always whole. */
function asPage(resource: Resource, answer: Record<string, unknown>): Awaited<ReturnType<KubeApi["list"]>> {
  const metadata = isRecord(answer.metadata) ? answer.metadata : undefined;
  if (!metadata || !("items" in answer) || typeof metadata.resourceVersion !== "string") {
    throw new ApiError(0, "InvalidAnswer", "the answer is not a list");
  }
  const apiVersion = String(answer.apiVersion);
  const items = ((answer.items ?? []) as KubeObject[]).map((item) => ({ ...item, apiVersion, kind: resource.kind }));
  const next = metadata.continue;
  const page = { items, resourceVersion: metadata.resourceVersion };
  return typeof next === "string" && next !== "" ? { ...page, continueToken: next } : page;
}
