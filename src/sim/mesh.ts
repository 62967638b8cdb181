import type { KubeObject } from "../kube/port.ts";
import { keyOf } from "../kube/resources.ts";
import { resolveHost, serviceOf } from "./hosts.ts";
import { at, items } from "./json.ts";
import { type RequestShape, routeTargets, speaksFor } from "./mesh-routes.ts";
import { hasLabels } from "./selectors.ts";
import type { Change, Store } from "./store.ts";
import type { Timeline } from "./timeline.ts";
import { isReady, type Pod } from "./workload-types.ts";

/** From a write until every proxy goes by it, in milliseconds. Kinds travel apart, so a rule may arrive after the route that needs it. */
export interface Propagation {
  routesMs: number;
  rulesMs: number;
  endpointsMs: number;
}

/** Pods that share a part of the requests; none: every request of that part fails with `failure`. */
export interface Backend {
  /** From 0 to 1; a host's backends add up to 1. */
  share: number;
  host: string;
  subset: string | undefined;
  pods: readonly Pod[];
  /** Envoy's response flag when there is no pod: no cluster, no healthy upstream, no route. */
  failure: "NC" | "UH" | "NR" | undefined;
}

export interface Mesh {
  /** Where requests of this shape go, by what the proxies know now. */
  backends(request: RequestShape): readonly Backend[];
  /** Rises when anything changes that a proxy knows. */
  generation(): number;
  setPropagation(propagation: Partial<Propagation>): void;
}

type Applied = Map<string, KubeObject>;

/** Whether a proxy sends requests to a pod. */
function serves(pod: KubeObject): boolean {
  return isReady(pod as Pod) && pod.metadata.deletionTimestamp === undefined;
}

/** All proxies at once: a copy of routes, rules, Services and ready pods that lags behind the cluster. */
export function startMesh(store: Store, timeline: Timeline, propagation: Propagation): Mesh {
  const lag = { ...propagation };
  const routes: Applied = new Map();
  const rules: Applied = new Map();
  const services: Applied = new Map();
  const pods = new Map<string, Map<string, Pod>>();
  const answers = new Map<string, readonly Backend[]>();
  let generation = 0;

  function changed(): void {
    generation++;
    answers.clear();
  }

  function follow(resource: string, applied: Applied, lagMs: () => number): void {
    store.onChange(resource, ({ type, object, previous }) => {
      if (type === "MODIFIED" && previous?.["spec"] === object["spec"]) return;
      timeline.after(lagMs(), () => {
        if (type === "DELETED") applied.delete(keyOf(object));
        else applied.set(keyOf(object), object);
        changed();
      });
    });
  }

  follow("virtualservices.networking.istio.io", routes, () => lag.routesMs);
  follow("destinationrules.networking.istio.io", rules, () => lag.rulesMs);
  follow("services", services, () => lag.endpointsMs);
  store.onChange("pods", (change: Change) => {
    const before = change.previous !== undefined && serves(change.previous);
    const after = change.type !== "DELETED" && serves(change.object);
    const relabelled = change.previous?.metadata.labels !== change.object.metadata.labels;
    if (before === after && !(after && relabelled)) return;
    timeline.after(lag.endpointsMs, () => applyPod(change.object as Pod, after));
  });

  function applyPod(pod: Pod, present: boolean): void {
    const { namespace = "", uid = "" } = pod.metadata;
    const here = pods.get(namespace) ?? new Map<string, Pod>();
    pods.set(namespace, here);
    if (present) here.set(uid, pod);
    else here.delete(uid);
    changed();
  }

  /** The rule's labels for a subset, from the Service's namespace, the oldest rule first; undefined when no rule defines it. */
  function subsetLabels(host: string, namespace: string, subset: string): Record<string, string> | undefined {
    const found = [...rules.values()]
      .filter(
        (rule) =>
          rule.metadata.namespace === namespace && resolveHost(String(at(rule, "spec", "host")), namespace) === host,
      )
      .toSorted((a, b) => String(a.metadata.creationTimestamp).localeCompare(String(b.metadata.creationTimestamp)))
      .flatMap((rule) => items(at(rule, "spec", "subsets")))
      .find(({ name }) => name === subset);
    return found ? ((found["labels"] ?? {}) as Record<string, string>) : undefined;
  }

  function backend(host: string, subset: string | undefined, share: number): Backend {
    const none = (failure: Backend["failure"]): Backend => ({ share, host, subset, pods: [], failure });
    const ref = serviceOf(host);
    const service = ref && services.get(`${ref.namespace}/${ref.name}`);
    const selector = service && (at(service, "spec", "selector") as Record<string, string> | undefined);
    if (!ref || !selector) return none("NC");
    const labels = subset === undefined ? {} : subsetLabels(host, ref.namespace, subset);
    if (!labels) return none("NC");
    const selected = [...(pods.get(ref.namespace)?.values() ?? [])].filter(
      (pod) => hasLabels(pod.metadata.labels, selector) && hasLabels(pod.metadata.labels, labels),
    );
    return selected.length === 0 ? none("UH") : { share, host, subset, pods: selected, failure: undefined };
  }

  function compute(request: RequestShape): readonly Backend[] {
    const speaking = [...routes.values()].filter((service) => speaksFor(service, request));
    if (speaking.length === 0 && request.gateway === "mesh") return [backend(request.host, undefined, 1)];
    const targets = routeTargets(speaking, request);
    if (!targets) return [{ share: 1, host: request.host, subset: undefined, pods: [], failure: "NR" }];
    const total = targets.reduce((sum, { weight }) => sum + weight, 0);
    if (total === 0) return [{ share: 1, host: request.host, subset: undefined, pods: [], failure: "NC" }];
    return targets.map(({ host, subset, weight }) => backend(host, subset, weight / total));
  }

  return {
    backends(request) {
      const key = JSON.stringify([request.host, request.path, request.gateway, request.headers]);
      let answer = answers.get(key);
      if (!answer) {
        answer = compute(request);
        answers.set(key, answer);
      }
      return answer;
    },
    generation: () => generation,
    setPropagation: (changes) => void Object.assign(lag, changes),
  };
}
