import { ApiError } from "../kube/errors.ts";
import type { KubeApi, KubeObject, Resource, WatchEvent, WatchOptions, WriteOptions } from "../kube/port.ts";
import { apiVersionOf } from "../kube/resources.ts";
import type { ApiServer, Request } from "./api-server.ts";
import { clone } from "./json.ts";
import type { Kind, Kinds } from "./kinds.ts";
import { createPager } from "./paging.ts";
import { notServed } from "./refusals.ts";
import { fieldTest, labelTest } from "./selectors.ts";
import { type WatchContext, watchStore } from "./watch.ts";

/** One call as a fault hook sees it, before anything happened. */
export interface Call {
  user: string;
  verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "discover";
  /** As "deployments.apps"; the group for "discover". */
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

/** What a fault hook may do to a call: refuse it, hold it up, or carry it out and lose the answer. */
export interface Fault {
  delayMs?: number;
  error?: ApiError;
  /** The error comes after the write was done, as when a connection breaks; it is done even if the caller has gone meanwhile. @default false */
  afterwards?: boolean;
  /** The error comes at once, and the write is carried out so much later. */
  laterMs?: number;
}

export interface ApiContext extends WatchContext {
  server: ApiServer;
  kinds: Kinds;
  fault: () => ((call: Call) => Fault | undefined) | undefined;
}

type CallInfo = Omit<Call, "user" | "resource">;

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ApiError(0, "Aborted", "the caller gave up", { cause: signal.reason });
}

/** Nobody hears what becomes of it. */
function attempt(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

/** What one user sees of the cluster. `manager` is written into managedFields when a write names none. */
export function createApi(context: ApiContext, user: string, manager: string): KubeApi {
  const { server, kinds, store, timeline } = context;
  const pager = createPager(store);

  function kindOf(resource: Resource): Kind {
    const kind = kinds.of(resource);
    if (!kind) throw notServed();
    return kind;
  }

  function show(resource: Resource, object: KubeObject): KubeObject {
    const apiVersion = object.kind === resource.kind ? apiVersionOf(resource) : object.apiVersion;
    const shown = clone(object);
    shown.apiVersion = apiVersion;
    return shown;
  }

  async function faulty<T>(call: Call, signal: AbortSignal | undefined, run: () => T): Promise<T> {
    refuseAborted(signal);
    const fault = context.fault()?.(call);
    if (!fault) return run();
    if (fault.error && fault.laterMs !== undefined) {
      timeline.after(fault.laterMs, () => attempt(run));
      throw fault.error;
    }
    if (fault.delayMs) await new Promise<void>((resolve) => timeline.after(fault.delayMs ?? 0, resolve));
    if (!fault.afterwards) refuseAborted(signal);
    if (fault.error && !fault.afterwards) throw fault.error;
    const result = run();
    if (fault.error) throw fault.error;
    return result;
  }

  function on<T>(
    resource: Resource,
    info: CallInfo,
    signal: AbortSignal | undefined,
    run: (kind: Kind) => T,
  ): Promise<T> {
    const call: Call = {
      user,
      resource: resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`,
      ...info,
    };
    return faulty(call, signal, () => run(kindOf(resource)));
  }

  function requestOf(options: WriteOptions = {}): Request {
    const { fieldManager = manager, subresource, dryRun, fieldValidation } = options;
    return { user, manager: fieldManager, subresource, dryRun, fieldValidation };
  }

  function about(verb: Call["verb"], ref: { namespace?: string; name?: string }, options: WriteOptions = {}): CallInfo {
    const { namespace, name } = ref;
    const { subresource } = options;
    return {
      verb,
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      ...(subresource === undefined ? {} : { subresource }),
    };
  }

  /** The object as a write brings it, in the version that is kept. */
  function incoming(kind: Kind, object: KubeObject): KubeObject {
    const [stored] = kind.versions;
    return stored
      ? { ...object, apiVersion: object.kind === stored.kind ? apiVersionOf(stored) : object.apiVersion }
      : object;
  }

  return {
    get: (resource, ref, { signal } = {}) =>
      on(resource, about("get", ref), signal, (kind) => show(resource, server.read(kind, ref))),

    list: (resource, options = {}) =>
      on(resource, about("list", options), options.signal, (kind) => {
        const byLabels = labelTest(options.labelSelector);
        const byFields = fieldTest(options.fieldSelector);
        const page = pager.page(options, () =>
          store
            .list(kind.name, options.namespace)
            .filter((object) => byLabels(object.metadata.labels) && byFields(object)),
        );
        return { ...page, items: page.items.map((object) => show(resource, object)) };
      }),

    async *watch(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent> {
      if (options.signal.aborted) return;
      const kind = await on(resource, about("watch", options), undefined, (found) => found);
      yield* watchStore({ ...context, show: (object) => show(resource, object) }, kind.name, options);
    },

    create: (resource, object, options) =>
      on(resource, about("create", object.metadata, options), options?.signal, (kind) => {
        const created = server.create(kind, incoming(kind, object), requestOf(options));
        if (created.kind === "CustomResourceDefinition") kinds.addDefinition(created);
        return show(resource, created);
      }),

    replace: (resource, object, options) =>
      on(resource, about("update", object.metadata, options), options?.signal, (kind) =>
        show(resource, server.replace(kind, incoming(kind, object), requestOf(options))),
      ),

    patch: (resource, ref, body, options) =>
      on(resource, about("patch", ref, options), options?.signal, (kind) => {
        const stored = body.type === "apply" ? { ...body, object: incoming(kind, body.object as KubeObject) } : body;
        const result = server.patch(kind, ref, stored, requestOf(options));
        if (result.kind === "CustomResourceDefinition") kinds.addDefinition(result);
        return show(resource, result);
      }),

    delete: (resource, ref, options) =>
      on(resource, about("delete", ref), options?.signal, (kind) => server.remove(kind, ref, options)),

    discover: (group) => faulty({ user, verb: "discover", resource: group }, undefined, () => kinds.inGroup(group)),
  };
}
