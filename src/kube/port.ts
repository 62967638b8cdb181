/**
 * What the controller needs of a Kubernetes API server. `kube/client.ts` speaks to a real one, `sim/` keeps one in memory;
 * `test/contract` runs the same tests against both.
 */

/** A resource as the API server's URLs name it. `group` is "" for core. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: unknown;
  subresource?: string;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
}

/** An object as it came off the wire: no field is dropped, renamed or converted. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

export interface ObjectRef {
  readonly namespace?: string;
  readonly name: string;
}

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  /** The `continue` token of the page before. */
  continueToken?: string;
  signal?: AbortSignal;
}

export interface ListPage {
  items: KubeObject[];
  resourceVersion: string;
  continueToken?: string;
}

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion: string;
  /** How long the server should keep the watch open, in seconds. */
  timeoutSeconds: number;
  signal: AbortSignal;
}

export type WatchEvent =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: KubeObject }
  | { type: "BOOKMARK"; resourceVersion: string }
  | { type: "ERROR"; code: number; reason: string; message: string };

export interface JsonPatchOperation {
  op: "add" | "remove" | "replace" | "test";
  /** A JSON pointer (RFC 6901). */
  path: string;
  value?: unknown;
}

export type PatchBody =
  | { type: "json"; operations: readonly JsonPatchOperation[] }
  | { type: "merge"; patch: Record<string, unknown> }
  /** Server-side apply. */
  | { type: "apply"; object: Record<string, unknown>; force?: boolean };

export interface WriteOptions {
  fieldManager?: string;
  dryRun?: boolean;
  subresource?: "status" | "scale";
  /** What the server does with unknown fields; "Strict" refuses them with a message that names each. */
  fieldValidation?: "Ignore" | "Warn" | "Strict";
  signal?: AbortSignal;
}

export interface DeleteOptions {
  propagationPolicy?: "Background" | "Foreground" | "Orphan";
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  signal?: AbortSignal;
}

/**
 * No call lasts for longer, for its caller and for the API server: a write that has reached it is carried out within this time, or never,
 * also when nobody waits for it any more. A client may give its calls less.
 */
export const CALL_TIMEOUT_MS = 15_000;

/** Every method rejects with `ApiError` (kube/errors.ts) when the server answers with a Status or not at all. */
export interface KubeApi {
  get(resource: Resource, ref: ObjectRef, options?: { signal?: AbortSignal }): Promise<KubeObject>;
  list(resource: Resource, options?: ListOptions): Promise<ListPage>;
  /** Ends when the server closes the watch; throws when it cannot be opened or the connection breaks. */
  watch(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent>;
  create(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** PUT: the object's resourceVersion, when present, must be the newest. */
  replace(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  patch(resource: Resource, ref: ObjectRef, body: PatchBody, options?: WriteOptions): Promise<KubeObject>;
  delete(resource: Resource, ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  /** The resources that a group serves, in the order in which the server prefers its versions; [] when the group is unknown. */
  discover(group: string): Promise<Resource[]>;
}
