import type { JsonPatchOperation, KubeObject } from "../kube/port.ts";

export type Labels = Readonly<Record<string, string>>;

/** One write. The caller sends it as it is; a `test` in it that fails means: read the object live and ask again. */
export type ObjectPatch =
  | {
      kind: "patch";
      resource: "VirtualService" | "DestinationRule";
      namespace: string;
      name: string;
      operations: JsonPatchOperation[];
    }
  | { kind: "create"; resource: "DestinationRule"; object: KubeObject }
  | {
      kind: "delete";
      resource: "DestinationRule";
      namespace: string;
      name: string;
      uid: string;
      resourceVersion: string;
    };

/** The routing objects as they are now; `undefined` for one that does not exist. */
export interface RoutingObjects {
  /** Namespace of the Service, which is the Rollout's. */
  namespace: string;
  /** In the order of `pinned.istio.virtualServices`. */
  virtualServices: readonly (KubeObject | undefined)[];
  destinationRule: KubeObject | undefined;
}

export interface RoutingProblem {
  /** "missing": object or route gone, or made anew; "foreign": there, but not in a form that Sluice manages. */
  kind: "missing" | "foreign";
  /** Sentences for people, with the YAML to write where that is the remedy. */
  message: string;
}

export interface Writer {
  /** "" when managedFields name nobody. */
  manager: string;
  /** RFC 3339, whole seconds; "" when unknown. */
  time: string;
}

export interface RoutingState {
  /** What keeps routes from being managed. A rule that is merely absent is no problem here: see `ruleExists`. */
  problems: RoutingProblem[];
  /** "split" when every managed route has both destinations, "plain" when none has, else "mixed". */
  form: "plain" | "split" | "mixed";
  /** The largest share in percent that any managed route gives to the canary subset; 0 in plain form. */
  maxWeight: number;
  /** The smallest. */
  minWeight: number;
  /** The subsets' labels; undefined when the subset is not defined, {} when it selects all of the Service's pods. */
  stable: Labels | undefined;
  canary: Labels | undefined;
  ruleExists: boolean;
  /** Who last wrote the http routes, in the order of `pinned.istio.virtualServices`. */
  writers: Writer[];
  /** Who, other than Sluice, last wrote the rule's subsets and still owns them; undefined when nobody does. */
  ruleWriter: Writer | undefined;
  /** When `sluice-withdraw` wrote http routes that are still as it left them (RFC 3339); undefined when there are none. */
  withdrawnAt: string | undefined;
}
