import type { ObjectiveStatus } from "../../api/evidence.ts";
import type { RunSpec, RunStatus } from "../../api/run.ts";
import { parseRun } from "../../api/validate.ts";
import type { KubeObject } from "../../kube/port.ts";
import { deployments, pods, resourceName } from "../../kube/resources.ts";
import { imageTag } from "../../sim/behaviour.ts";
import type { Sim } from "../../sim/sim.ts";
import { type Deployment, isReady, type Pod } from "../../sim/workload-types.ts";
import type { Share } from "./happening.ts";

/** What the demo's pictures are made from, read off the simulated cluster behind the API's back. */

export const NAMESPACE = "shop";
export const NAME = "checkout";
export const HOST = `${NAME}.${NAMESPACE}.svc.cluster.local`;

export const RUNS = "rolloutruns.sluice.dev";
export const EVENTS = "events.events.k8s.io";
const VIRTUAL_SERVICES = "virtualservices.networking.istio.io";

export type Evidence = NonNullable<ObjectiveStatus["evidence"]>;

export interface Run {
  name: string;
  spec: RunSpec;
  status: RunStatus;
}

export function readRun(object: KubeObject): Run | undefined {
  const parsed = parseRun(object);
  return parsed.ok ? { name: object.metadata.name, spec: parsed.spec, status: parsed.status } : undefined;
}

/** The run of that number; undefined before it begins. */
export function runNumber(sim: Sim, ordinal: number): Run | undefined {
  const object = sim.store.get(RUNS, { namespace: NAMESPACE, name: `${NAME}-${ordinal}` });
  return object === undefined ? undefined : readRun(object);
}

export function virtualServiceSpec(sim: Sim): unknown {
  return sim.store.get(VIRTUAL_SERVICES, { namespace: NAMESPACE, name: NAME })?.["spec"];
}

/** Where the proxies send users now. */
export function sharesInForce(sim: Sim): Share[] {
  const backends = sim.mesh.backends({ host: HOST, path: "/", headers: {}, gateway: "mesh" });
  return backends.map(({ subset = "", share, pods: served }) => ({
    subset,
    versions: [...new Set(served.map(versionOf))].toSorted(),
    percent: Number((share * 100).toFixed(2)),
  }));
}

export interface Workload {
  name: string;
  /** Of its template: the pods may still run another. */
  version: string;
  /** Paused, so that its template reaches no pod. */
  held: boolean;
  wanted: number;
  /** Pods by image, the Deployment's own first. */
  pods: readonly { version: string; ready: boolean; leaving: boolean }[];
}

/** The Deployments of the shop, the user's own first. */
export function workloads(sim: Sim): Workload[] {
  const found = sim.store.list(resourceName(deployments), NAMESPACE) as Deployment[];
  const own = found.filter(({ metadata }) => metadata.name === NAME);
  const running = sim.store.list(resourceName(pods), NAMESPACE) as Pod[];
  return [...own, ...found.filter((deployment) => !own.includes(deployment))].map((deployment) => {
    const { matchLabels = {} } = deployment.spec.selector;
    const isTwins = (pod: Pod) => pod.metadata.labels?.["sluice.dev/run"] !== undefined;
    const selected = running.filter(
      (pod) =>
        isTwins(pod) === "sluice.dev/run" in matchLabels &&
        Object.entries(matchLabels).every(([key, value]) => pod.metadata.labels?.[key] === value),
    );
    return {
      name: deployment.metadata.name,
      version: imageTag(deployment.spec.template.spec.containers[0]?.image),
      held: deployment.spec.paused === true,
      wanted: deployment.spec.replicas,
      pods: selected
        .map((pod) => ({
          version: versionOf(pod),
          ready: isReady(pod),
          leaving: pod.metadata.deletionTimestamp !== undefined,
        }))
        .toSorted((a, b) => a.version.localeCompare(b.version)),
    };
  });
}

function versionOf(pod: Pod): string {
  return imageTag(pod.spec.containers[0]?.image);
}
