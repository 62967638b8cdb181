import type { KubeObject } from "../../src/kube/port.ts";
import type { Ref } from "../lab/admin.ts";
import type { LabClient } from "../lab/client.ts";
import { type Load, startLoad } from "../lab/load.ts";
import { createShop, type Shop, type ShopOptions } from "../lab/namespace.ts";
import { until } from "../lab/wait.ts";
import { recordWeights, type WeightsRecorder } from "../lab/weights-recorder.ts";
import { type Runs, sluiceApi, watchRuns } from "./run.ts";
import { type Sluice, startSluice } from "./sluice.ts";

export interface SceneOptions {
  /** The test's own hook: what the controller did is printed when the test fails. */
  onTestFailed: (tell: () => void) => void;
  shop?: ShopOptions;
  /** Laid over the Rollout's spec, member by member. */
  spec?: Readonly<Record<string, unknown>>;
  /** Users through the gateway; 0 for none. @default 100 */
  ratePerSecond?: number;
  /** The way to the API server for a controller of the scene's own, as through a fault proxy. @default the lab's for Sluice */
  kubeconfig?: string;
  /** How far the wall clock of the scene's own controller is ahead of everybody else's. @default 0 */
  clockAheadMs?: number;
  /** Before the Rollout is made, as further routes. */
  prepare?: (shop: Shop) => Promise<void>;
}

/** A protected shop with users in it. */
export interface Scene extends AsyncDisposable {
  readonly lab: LabClient;
  readonly sluice: Sluice;
  readonly shop: Shop;
  readonly rollout: Ref;
  readonly runs: Runs;
  /** Users, through the gateway. */
  readonly load: Load;
  /** What the gateway's Envoy had in force, from before the release. */
  readonly weights: WeightsRecorder;
}

/** Fast, but honest: every wait and every minimum is there, only shorter. */
const fastSpec = {
  traffic: { settle: "1s", istio: { virtualServices: [{ name: "checkout" }] } },
  steps: [
    { name: "first", weight: 10, observe: "3s" },
    { name: "third", weight: 30, observe: "3s" },
  ],
  promotion: { ramp: [100], observe: "3s", keepPrevious: "2s" },
  rollback: { drainAfter: "2s" },
  analysis: { interval: "1s", minRequests: 20, onInconclusive: { hold: "30s" } },
  progressDeadline: "30s",
};

/**
 * Resolves when the Deployment is under protection, users are served, and Prometheus has seen them. `by` is the controller that does
 * it, or a lab: then the scene has a controller of its own, for its namespace alone, which a test may kill.
 */
export async function createScene(by: Sluice | LabClient, options: SceneOptions): Promise<Scene> {
  const lab = "lab" in by ? by.lab : by;
  await using stack = new AsyncDisposableStack();
  const deploymentSpec = { progressDeadlineSeconds: 15, ...options.shop?.deploymentSpec };
  const shop = stack.use(await createShop(lab, { ...options.shop, deploymentSpec }));
  const { namespace, name } = shop;
  await options.prepare?.(shop);
  const sluice = "lab" in by ? by : stack.use(await startSluice(lab, { namespace, ...ownWay(options) }));
  const runs = await watchRuns(lab, namespace);
  stack.defer(() => runs.close());
  options.onTestFailed(() => console.error(`${namespace}\n${runs.explain()}\n${sluice.logOf(namespace)}`));
  const { ratePerSecond = 100 } = options;
  const load = stack.use(startLoad({ url: lab.gateway.url, host: shop.host, ratePerSecond }));
  const weights = stack.use(recordWeights(lab.gateway, shop.host));
  const rollout: KubeObject = {
    apiVersion: sluiceApi,
    kind: "Rollout",
    metadata: { name, namespace },
    spec: { workload: { name }, ...fastSpec, ...options.spec },
  };
  await lab.admin.create(rollout);
  await runs.waitForRollout("Healthy");
  if (ratePerSecond > 0) await waitForSeries(lab, shop);
  const owned = stack.move();
  return {
    lab,
    sluice,
    shop,
    rollout: { apiVersion: sluiceApi, kind: "Rollout", namespace, name },
    runs,
    load,
    weights,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function ownWay({ kubeconfig, clockAheadMs }: SceneOptions): { kubeconfig?: string; clockAheadMs?: number } {
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(clockAheadMs === undefined ? {} : { clockAheadMs }),
  };
}

async function waitForSeries(lab: LabClient, shop: Shop): Promise<void> {
  const selector = `istio_requests_total{destination_service="${shop.fqdn}",reporter="destination"}`;
  await until("Prometheus has seen the users", async () => (await lab.query(selector)).length > 0, { everyMs: 250 });
}

/** Tells a run something, as `sluice VERB` and kubectl do: by adding to the record of who did what. Gives the command's id. */
export async function command(
  scene: Pick<Scene, "lab" | "shop" | "runs">,
  ordinal: number,
  verb: string,
  more: { step?: string; reason?: string } = {},
): Promise<string> {
  const id = `${verb}-${crypto.randomUUID().slice(0, 8)}`;
  const name = scene.runs.find(ordinal)?.metadata.name ?? "";
  await scene.lab.admin.jsonPatch(
    { apiVersion: sluiceApi, kind: "RolloutRun", namespace: scene.shop.namespace, name },
    [{ op: "add", path: "/spec/commands/-", value: { id, verb, ...more } }],
  );
  return id;
}

/** Until the users have made this many more requests: time passes for them, and so for the test. */
export async function moreRequests(scene: Pick<Scene, "load">, count: number): Promise<void> {
  const from = scene.load.log.total;
  await until(`${count} more requests`, () => scene.load.log.total >= from + count);
}
