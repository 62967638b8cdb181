import { ApiError } from "../kube/errors.ts";
import type { DeleteOptions, KubeObject, ObjectRef, PatchBody } from "../kube/port.ts";
import { serverSideApply } from "./apply.ts";
import { deletionOf, hasContentToFinalize, isGraceful } from "./deletion.ts";
import { clone, ensure, equal, type Fields } from "./json.ts";
import type { Kind } from "./kinds.ts";
import { type FieldTree, recordOwner, type Writer } from "./managed-fields.ts";
import { applyJsonPatch, applyMergePatch, PatchError } from "./patch.ts";
import { alreadyExists, badRequest, forbidden, invalid, modified, notFound, preconditionFailed } from "./refusals.ts";
import { fromScale, toScale } from "./scale.ts";
import type { Store } from "./store.ts";
import { applyDefaults } from "./defaults.ts";
import { type FieldValidation, validate } from "./validation.ts";

/** Who asks, and how. */
export interface Request {
  /** As "system:serviceaccount:sluice-system:sluice". */
  user: string;
  /** For managedFields; null writes no entry: what the simulator's own controllers do, since nobody reads theirs. */
  manager: string | null;
  subresource?: "status" | "scale" | undefined;
  dryRun?: boolean | undefined;
  fieldValidation?: FieldValidation | undefined;
}

/** Changes a write to the main resource before it is validated. Gives the object back, or another. */
export type Admission = (write: {
  request: Request;
  kind: Kind;
  object: KubeObject;
  old: KubeObject | undefined;
}) => KubeObject;

export interface ServerContext {
  store: Store;
  nowMs: () => number;
  admission: Admission;
  newUid: () => string;
  nameSuffix: () => string;
}

/** The rules of writing, synchronously: what becomes of an object, and what is refused. Every method throws `ApiError`. */
export interface ApiServer {
  read(kind: Kind, ref: ObjectRef): KubeObject;
  create(kind: Kind, object: KubeObject, request: Request): KubeObject;
  replace(kind: Kind, object: KubeObject, request: Request): KubeObject;
  patch(kind: Kind, ref: ObjectRef, body: PatchBody, request: Request): KubeObject;
  /** Changes a copy of the newest object: what a controller inside the cluster does. */
  modify(kind: Kind, ref: ObjectRef, change: (object: KubeObject) => void, request: Request): KubeObject;
  remove(kind: Kind, ref: ObjectRef, options?: DeleteOptions): void;
}

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);

/** As most kinds want it; some want less, and some a label. */
function isName(name: string): boolean {
  return name.length <= 253 && SUBDOMAIN.test(name);
}

/** RFC 3339 with whole seconds, as the API server writes times. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Everything that metadata.generation counts; of a Deployment its annotations too. */
function specOf(kind: Kind, object: KubeObject): Fields {
  const { metadata, apiVersion: _apiVersion, ...rest } = object;
  const annotations = kind.name === "deployments.apps" ? (metadata.annotations ?? {}) : undefined;
  return { ...rest, annotations, status: kind.statusSubresource ? undefined : rest["status"] };
}

function sameButBookkeeping(left: KubeObject, right: KubeObject): boolean {
  const bare = ({ metadata, ...rest }: KubeObject) => ({
    ...rest,
    metadata: { ...metadata, managedFields: undefined, resourceVersion: undefined },
  });
  return equal(bare(left), bare(right));
}

function sameOwners(left: KubeObject, right: KubeObject): boolean {
  const owners = ({ metadata }: KubeObject) =>
    (metadata.managedFields ?? []).map((entry) => ({ ...entry, time: undefined }));
  return equal(owners(left), owners(right));
}

export function createApiServer(context: ServerContext): ApiServer {
  const { store, nowMs, admission } = context;

  function read(kind: Kind, ref: ObjectRef): KubeObject {
    const found = store.get(kind.name, ref);
    if (!found) throw notFound(kind.name, ref.name);
    return found;
  }

  function writerOf(request: Request, operation: Writer["operation"]): Writer | undefined {
    if (request.manager === null) return undefined;
    return { manager: request.manager, operation, subresource: request.subresource, time: timestamp(nowMs()) };
  }

  function checkNamespace(kind: Kind, object: KubeObject): void {
    const { namespace, name } = object.metadata;
    if (!kind.versions[0]?.namespaced) {
      delete object.metadata.namespace;
      return;
    }
    if (namespace === undefined) throw badRequest(`a namespace is needed for ${kind.name} "${name}"`);
    const home = store.get("namespaces", { name: namespace });
    if (!home) throw notFound("namespaces", namespace);
    if (home.metadata.deletionTimestamp !== undefined) {
      throw forbidden(
        kind.name,
        name,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      );
    }
  }

  function create(kind: Kind, given: KubeObject, request: Request, applied?: FieldTree): KubeObject {
    let object = clone(given);
    if (kind.name === "selfsubjectaccessreviews.authorization.k8s.io") return { ...object, status: { allowed: true } };
    const { generateName } = object.metadata as { generateName?: string };
    if (object.metadata.name === undefined && generateName !== undefined)
      object.metadata.name = generateName + context.nameSuffix();
    const { name } = object.metadata;
    if (object.metadata.resourceVersion) throw badRequest("resourceVersion should not be set on objects to be created");
    if (name === undefined || name === "")
      throw invalid(object.kind, "", ["metadata.name: Required value: name or generateName is required"]);
    if (!isName(name))
      throw invalid(object.kind, name, [
        `metadata.name: Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`,
      ]);
    checkNamespace(kind, object);
    if (store.get(kind.name, object.metadata)) throw alreadyExists(kind.name, name);
    const { deletionTimestamp: _deletion, managedFields: _managed, ...metadata } = object.metadata;
    object.metadata = { ...metadata, uid: context.newUid(), creationTimestamp: timestamp(nowMs()) };
    if (kind.generation) object.metadata.generation = 1;
    if (kind.statusSubresource && kind.name !== "namespaces") delete object["status"];
    applyDefaults(kind.name, object);
    object = validate(
      kind.name,
      admission({ request, kind, object, old: undefined }),
      undefined,
      request.fieldValidation,
    );
    const writer = writerOf(request, applied ? "Apply" : "Update");
    if (writer) object.metadata.managedFields = recordOwner(undefined, object, writer, applied);
    return request.dryRun ? object : store.put(kind.name, object);
  }

  /** What may not be changed by a write is as it was. */
  function keepServerFields(kind: Kind, old: KubeObject, next: KubeObject, request: Request): KubeObject {
    const { uid, creationTimestamp, generation, deletionTimestamp, managedFields, name, namespace } = old.metadata;
    if (request.subresource === "status") return { ...old, metadata: { ...old.metadata }, status: next["status"] };
    const metadata: KubeObject["metadata"] = { ...next.metadata, name };
    const kept = { uid, creationTimestamp, generation, deletionTimestamp, managedFields, namespace };
    for (const key of Object.keys(kept) as (keyof typeof kept)[]) {
      if (kept[key] === undefined) delete metadata[key];
      else Object.assign(metadata, { [key]: kept[key] });
    }
    const result: KubeObject = { ...next, apiVersion: old.apiVersion, kind: old.kind, metadata };
    if (!kind.statusSubresource) return result;
    if (old["status"] === undefined) delete result["status"];
    else result["status"] = old["status"];
    return result;
  }

  function checkIdentity(kind: Kind, old: KubeObject, next: KubeObject): void {
    const { name, uid, resourceVersion } = next.metadata;
    if (name !== old.metadata.name)
      throw badRequest(`the name of the object (${name}) does not match the name on the URL (${old.metadata.name})`);
    if (uid !== undefined && uid !== old.metadata.uid) {
      throw preconditionFailed(kind.name, name, `UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`);
    }
    if (resourceVersion !== undefined && resourceVersion !== "" && resourceVersion !== old.metadata.resourceVersion) {
      throw modified(kind.name, name);
    }
    if (old.metadata.deletionTimestamp !== undefined) {
      const added = (next.metadata.finalizers ?? []).filter(
        (finalizer) => !old.metadata.finalizers?.includes(finalizer),
      );
      if (added.length > 0) {
        const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`;
        throw invalid(old.kind, name, [`metadata.finalizers: Forbidden: ${why}`]);
      }
    }
  }

  /** `changed` is a fresh object; whatever of it is not the writer's to write is put back. */
  function update(kind: Kind, old: KubeObject, changed: KubeObject, request: Request, applied?: FieldTree): KubeObject {
    checkIdentity(kind, old, changed);
    let next = keepServerFields(kind, old, changed, request);
    if (request.subresource === undefined) {
      applyDefaults(kind.name, next);
      next = admission({ request, kind, object: next, old });
    }
    if (request.manager !== null || request.subresource === undefined)
      next = validate(kind.name, next, old, request.fieldValidation);
    if (next.metadata.finalizers?.length === 0) delete next.metadata.finalizers;
    if (kind.generation && request.subresource !== "status" && !equal(specOf(kind, old), specOf(kind, next))) {
      next.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
    const writer = writerOf(request, applied ? "Apply" : "Update");
    if (writer) next.metadata.managedFields = recordOwner(old, next, writer, applied);
    if (sameButBookkeeping(old, next) && (!applied || sameOwners(old, next))) return old;
    if (request.dryRun) return next;
    const { deletionTimestamp, finalizers } = next.metadata;
    const isOver = deletionTimestamp !== undefined && finalizers === undefined;
    if (isOver && !isGraceful(next) && !hasContentToFinalize(next)) return store.remove(kind.name, next);
    return store.put(kind.name, next);
  }

  function patched(old: KubeObject, body: Exclude<PatchBody, { type: "apply" }>): KubeObject {
    try {
      const result =
        body.type === "json" ? applyJsonPatch(old, body.operations) : clone(applyMergePatch(old, body.patch));
      ensure(result, "metadata");
      return result as KubeObject;
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      const message = `the server rejected our request due to an error in our request: ${error.message}`;
      throw new ApiError(422, "Invalid", message);
    }
  }

  function applyPatch(kind: Kind, ref: ObjectRef, object: Fields, force: boolean, request: Request): KubeObject {
    const writer = writerOf({ ...request, manager: request.manager ?? "unknown" }, "Apply");
    const old = store.get(kind.name, ref);
    if (!writer) throw badRequest("fieldManager is required for apply patch");
    if (object["metadata"] && (object["metadata"] as Fields)["managedFields"])
      throw badRequest("metadata.managedFields must be nil");
    const named = clone(object) as KubeObject;
    named.metadata = { ...ref, ...named.metadata, name: ref.name };
    if (!old) {
      if (request.subresource !== undefined) throw notFound(kind.name, ref.name);
      return create(
        kind,
        named,
        request,
        serverSideApply({ ...named, metadata: { name: ref.name } }, named, writer, true).claimed,
      );
    }
    const result = serverSideApply(old, named, writer, force);
    return update(kind, old, clone(result.object), request, result.claimed);
  }

  return {
    read,
    create: (kind, object, request) => create(kind, object, request),
    replace(kind, object, request) {
      const old = read(kind, object.metadata);
      if (request.subresource === "scale") return toScale(update(kind, old, fromScale(old, object), request));
      if (!kind.unconditionalUpdate && !object.metadata.resourceVersion) {
        throw invalid(object.kind, object.metadata.name, [
          "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
        ]);
      }
      return update(kind, old, clone(object), request);
    },
    patch(kind, ref, body, request) {
      if (body.type === "apply") return applyPatch(kind, ref, body.object, body.force ?? false, request);
      const old = read(kind, ref);
      if (request.subresource !== "scale") return update(kind, old, patched(old, body), request);
      return toScale(update(kind, old, fromScale(old, patched(toScale(old), body)), request));
    },
    modify(kind, ref, change, request) {
      const old = read(kind, ref);
      const next = clone(old);
      change(next);
      return update(kind, old, next, request);
    },
    remove(kind, ref, options = {}) {
      const old = read(kind, ref);
      const { uid, resourceVersion } = options.preconditions ?? {};
      if (uid !== undefined && uid !== old.metadata.uid) {
        throw preconditionFailed(
          kind.name,
          ref.name,
          `UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
        );
      }
      if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
        const said = `ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${old.metadata.resourceVersion}`;
        throw preconditionFailed(kind.name, ref.name, said);
      }
      const next = deletionOf(old, options, timestamp(nowMs()));
      if (next === "now") store.remove(kind.name, old);
      else if (next !== "already") store.put(kind.name, next);
    },
  };
}
