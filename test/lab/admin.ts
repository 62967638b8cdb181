import { Agent, request } from "undici";
import type { KubeObject, ListPage } from "../../src/kube/port.ts";

/** Names an object, or with `name` left out its collection, as people write it in YAML. */
export interface Ref {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

export interface AdminOptions {
  readonly url: string;
  readonly token: string;
  /** PEM of the apiserver's own certificate. */
  readonly ca: string;
}

export interface Call {
  body?: unknown;
  contentType?: string;
  query?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

export class AdminError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "AdminError";
    this.status = status;
  }
}

/**
 * The lab's own way to the apiserver, as a cluster administrator. Deliberately not src/kube: what tests set up and assert must
 * not depend on what they test.
 *
 * @example await lab.admin.mergePatch({ apiVersion: "apps/v1", kind: "Deployment", namespace, name }, { spec: { replicas: 3 } });
 */
export class Admin {
  readonly #options: AdminOptions;
  readonly #agent: Agent;
  readonly #plurals = new Map<string, Promise<Map<string, { plural: string; namespaced: boolean }>>>();

  constructor(options: AdminOptions) {
    this.#options = options;
    // HTTP/1.1 and a pool: one HTTP/2 connection would put every watch and call in one queue.
    this.#agent = new Agent({ allowH2: false, connections: 64, bodyTimeout: 0, connect: { ca: options.ca } });
  }

  /** Any call; rejects with AdminError on every status from 400 up. */
  async call<T>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, call: Call = {}): Promise<T> {
    const response = await this.open(method, path, call);
    const text = await response.text();
    return (text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text) as T;
  }

  /** The answer's body as a stream, for watches. */
  async open(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, call: Call = {}) {
    const query = new URLSearchParams(call.query).toString();
    const response = await request(`${this.#options.url}${path}${query === "" ? "" : `?${query}`}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${this.#options.token}`,
        accept: "application/json",
        ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: call.signal ?? null,
    });
    if (response.statusCode >= 400) {
      throw new AdminError(response.statusCode, `${method} ${path}: ${messageOf(await response.body.text())}`);
    }
    return response.body;
  }

  async get(ref: Ref): Promise<KubeObject> {
    return await this.call("GET", await this.path(ref));
  }

  /** undefined when there is no such object. */
  async find(ref: Ref): Promise<KubeObject | undefined> {
    try {
      return await this.get(ref);
    } catch (error) {
      if (error instanceof AdminError && error.status === 404) return undefined;
      throw error;
    }
  }

  async list(ref: Ref, query: Readonly<Record<string, string>> = {}): Promise<KubeObject[]> {
    const page = await this.call<ListPage>("GET", await this.path(ref), { query });
    return page.items.map((item) => ({ ...item, apiVersion: ref.apiVersion, kind: ref.kind }));
  }

  async create(object: KubeObject): Promise<KubeObject> {
    const { name: _name, ...collection } = refOf(object);
    return await this.call("POST", await this.path(collection), { body: object });
  }

  /** Server-side apply, forced, as field manager `manager`. */
  async apply(object: KubeObject, manager = "lab"): Promise<KubeObject> {
    return await this.call("PATCH", await this.path(refOf(object)), {
      body: object,
      contentType: "application/apply-patch+yaml",
      query: { fieldManager: manager, force: "true" },
    });
  }

  async mergePatch(ref: Ref, patch: unknown, query: Readonly<Record<string, string>> = {}): Promise<KubeObject> {
    return await this.call("PATCH", await this.path(ref), {
      body: patch,
      contentType: "application/merge-patch+json",
      query,
    });
  }

  async jsonPatch(
    ref: Ref,
    operations: readonly unknown[],
    query: Readonly<Record<string, string>> = {},
  ): Promise<KubeObject> {
    return await this.call("PATCH", await this.path(ref), {
      body: operations,
      contentType: "application/json-patch+json",
      query,
    });
  }

  async replace(object: KubeObject): Promise<KubeObject> {
    return await this.call("PUT", await this.path(refOf(object)), { body: object });
  }

  /** Fine when it is gone already. */
  async delete(ref: Ref, options: Readonly<Record<string, unknown>> = {}): Promise<void> {
    try {
      await this.call("DELETE", await this.path(ref), { body: options });
    } catch (error) {
      if (!(error instanceof AdminError && error.status === 404)) throw error;
    }
  }

  /** URL path of an object or, without a name, of its collection. */
  async path(ref: Ref): Promise<string> {
    const root = ref.apiVersion.includes("/") ? `/apis/${ref.apiVersion}` : `/api/${ref.apiVersion}`;
    const resource = await this.#resource(root, ref.kind);
    const scope = resource.namespaced && ref.namespace !== undefined ? `/namespaces/${ref.namespace}` : "";
    const name = ref.name === undefined ? "" : `/${ref.name}`;
    return `${root}${scope}/${resource.plural}${name}${ref.subresource === undefined ? "" : `/${ref.subresource}`}`;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #resource(root: string, kind: string): Promise<{ plural: string; namespaced: boolean }> {
    const found = (await this.#discover(root)).get(kind);
    if (found !== undefined) return found;
    // A CRD may have come since.
    this.#plurals.delete(root);
    const again = (await this.#discover(root)).get(kind);
    if (again === undefined) throw new AdminError(404, `the apiserver serves no kind ${kind} in ${root}`);
    return again;
  }

  #discover(root: string): Promise<Map<string, { plural: string; namespaced: boolean }>> {
    let known = this.#plurals.get(root);
    if (known === undefined) {
      known = this.call<{ resources: { name: string; kind: string; namespaced: boolean }[] }>("GET", root).then(
        ({ resources }) =>
          new Map(
            resources
              .filter(({ name }) => !name.includes("/"))
              .map(({ name, kind, namespaced }) => [kind, { plural: name, namespaced }]),
          ),
      );
      known.catch(() => this.#plurals.delete(root));
      this.#plurals.set(root, known);
    }
    return known;
  }
}

/** The reference that names this very object. */
export function refOf(object: KubeObject): Ref {
  const { apiVersion, kind, metadata } = object;
  return {
    apiVersion,
    kind,
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  };
}

function messageOf(body: string): string {
  try {
    const status = JSON.parse(body) as { message?: string };
    return status.message ?? body;
  } catch {
    return body;
  }
}
