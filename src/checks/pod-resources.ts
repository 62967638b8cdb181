import type { KubeObject } from "../kube/port.ts";
import { parseQuantity } from "./quantity.ts";
import { asRecord, asRecords, asText, at, type Raw } from "./raw.ts";

export type ResourceKind = "requests" | "limits";
/** Amounts by resource name, in base units. */
export type Amounts = Readonly<Record<string, number>>;

export interface PodResources {
  requests: Amounts;
  limits: Amounts;
  /** "requests.cpu of container app": what a quota would insist on and no LimitRange fills in. */
  lacks(kind: ResourceKind, resource: string): readonly string[];
}

/**
 * What the API server counts for one pod of this spec: the sum of its containers and sidecars or, where that is more, its largest
 * init container beside the sidecars before it; plus its overhead. LimitRanges fill in what containers leave out. A sidecar that is
 * injected on admission is not in the spec and not counted.
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
export function podResources(podSpec: Raw, limitRanges: readonly KubeObject[]): PodResources {
  const defaults = containerDefaults(limitRanges);
  const fill = (container: Raw) => ({ container, ...filled(container, defaults) });
  const containers = asRecords(podSpec["containers"]).map(fill);
  const inits = asRecords(podSpec["initContainers"]).map(fill);
  const amounts = (kind: ResourceKind): Amounts => {
    const main = containers.reduce((sum, each) => add(sum, each[kind]), {});
    let sidecars: Amounts = {};
    let peak: Amounts = {};
    for (const init of inits) {
      const together = add(sidecars, init[kind]);
      peak = larger(peak, together);
      if (init.container["restartPolicy"] === "Always") sidecars = together;
    }
    return add(larger(add(main, sidecars), peak), parseAmounts(podSpec["overhead"]));
  };
  return {
    requests: amounts("requests"),
    limits: amounts("limits"),
    lacks: (kind, resource) =>
      [...containers, ...inits]
        .filter((each) => each[kind][resource] === undefined)
        .map((each) => asText(each.container["name"]) ?? "?"),
  };
}

interface Filled {
  requests: Amounts;
  limits: Amounts;
}

/** A request that is left out is the limit if there is one, else the LimitRange's default. */
function filled(container: Raw, defaults: Filled): Filled {
  const own = parseAmounts(at(container, "resources", "limits"));
  const limits = { ...defaults.limits, ...own };
  return {
    limits,
    requests: { ...defaults.requests, ...own, ...parseAmounts(at(container, "resources", "requests")) },
  };
}

function containerDefaults(limitRanges: readonly KubeObject[]): Filled {
  const items = limitRanges
    .flatMap((range) => asRecords(at(range, "spec", "limits")))
    .filter((item) => item["type"] === "Container");
  return {
    limits: Object.assign({}, ...items.map((item) => parseAmounts(item["default"]))),
    requests: Object.assign({}, ...items.map((item) => parseAmounts(item["defaultRequest"]))),
  };
}

function parseAmounts(value: unknown): Amounts {
  const parsed = Object.entries(asRecord(value)).map(
    ([resource, quantity]) => [resource, parseQuantity(quantity)] as const,
  );
  return Object.fromEntries(parsed.filter((pair): pair is [string, number] => pair[1] !== undefined));
}

function add(a: Amounts, b: Amounts): Amounts {
  return merge(a, b, (x, y) => x + y);
}

function larger(a: Amounts, b: Amounts): Amounts {
  return merge(a, b, Math.max);
}

function merge(a: Amounts, b: Amounts, join: (x: number, y: number) => number): Amounts {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, join(a[name] ?? 0, b[name] ?? 0)]));
}
