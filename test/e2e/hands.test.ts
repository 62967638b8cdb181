import { expect, test } from "vitest";
import type { Phase } from "../../src/api/phase.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import { kubectl } from "../lab/kubectl.ts";
import { until } from "../lab/wait.ts";
import { sluiceApi } from "./run.ts";
import { createScene, moreRequests, type Scene } from "./scene.ts";
import { canaryPercents, eventsOf, expectShares, reasonsOf, tell } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab();

interface Hand {
  /** What somebody does while v2 has its 10 %. */
  readonly title: string;
  readonly act: (scene: Scene) => Promise<unknown>;
  /** How the first run ends. */
  readonly end: Phase;
  /** Which version answers everybody in the end. */
  readonly served: string;
  /** What the run's record says of its end. */
  readonly because?: RegExp;
  /** An Event that tells it. */
  readonly told?: string;
  /** How many pods the Deployment is to have in the end. @default 3 */
  readonly replicas?: number;
  /** For so long the hand itself may cost users their requests, which nobody can prevent. @default 0 */
  readonly ownHarmMs?: number;
}

/** `kubectl` in the shop's namespace. */
function inShop(...args: readonly string[]): Hand["act"] {
  return async ({ lab, shop }) => await kubectl(lab, ["-n", shop.namespace, ...args]);
}

const patch = (object: string, body: object): Hand["act"] =>
  inShop("patch", object, "--type=merge", `--patch=${JSON.stringify(body)}`);

/** kubectl refuses it, which is as good. */
const refused =
  (act: Hand["act"], why: RegExp): Hand["act"] =>
  async (scene) => {
    await expect(act(scene)).rejects.toThrow(why);
  };

const image = (tag: string) => ({
  spec: { template: { spec: { containers: [{ name: "app", image: `shop/checkout:${tag}` }] } } },
});

const restarted = (at: string) => ({
  spec: { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": at } } } },
});

async function specOf<T>({ lab }: Scene, ref: Scene["rollout"]): Promise<T> {
  return (await lab.admin.get(ref))["spec"] as T;
}

/** And with the policy in force it is held all the same. */
const held =
  (act: Hand["act"]): Hand["act"] =>
  async (scene) => {
    await act(scene);
    await moreRequests(scene, 50);
    expect(await specOf(scene, scene.shop.deployment)).toMatchObject({ paused: true });
  };

/** From a file that Git has: without what the cluster and Sluice noted beside. */
const replacedBy =
  (tag: string): Hand["act"] =>
  async (scene) => {
    const { lab, shop } = scene;
    const { apiVersion, kind, spec } = structuredClone(await lab.admin.get(shop.deployment)) as KubeObject & {
      spec: { paused?: boolean; template: { spec: { containers: { image: string }[] } } };
    };
    delete spec.paused;
    for (const container of spec.template.spec.containers) container.image = `shop/checkout:${tag}`;
    const file = { apiVersion, kind, metadata: { name: shop.name, namespace: shop.namespace }, spec };
    await kubectl(lab, ["replace", "-f", "-"], { input: JSON.stringify(file) });
  };

/** Told of in its status, by the name of who was first. */
async function expectConflict({ lab, shop }: Scene, named: RegExp): Promise<void> {
  const second = { apiVersion: sluiceApi, kind: "Rollout", namespace: shop.namespace, name: "second" };
  await until("the second one is told who was first", async () => {
    const status = (await lab.admin.get(second))["status"] as { phase?: string; message?: string } | undefined;
    return status?.phase === "Conflict" && named.test(status.message ?? "");
  });
}

const hands: readonly Hand[] = [
  {
    title: "applies paused: false",
    act: held(patch("deployment/checkout", { spec: { paused: false } })),
    end: "Promoted",
    served: "v2",
  },
  {
    title: "says rollout resume",
    act: held(inShop("rollout", "resume", "deployment/checkout")),
    end: "Promoted",
    served: "v2",
  },
  {
    title: "says rollout undo",
    act: refused(inShop("rollout", "undo", "deployment/checkout"), /no rollout history found/),
    end: "Promoted",
    served: "v2",
  },
  {
    title: "says rollout restart",
    act: refused(inShop("rollout", "restart", "deployment/checkout"), /can't restart paused deployment/),
    end: "Promoted",
    served: "v2",
  },
  {
    title: "restarts the Deployment as dashboards do, by a note in its template",
    act: held(patch("deployment/checkout", restarted("2026-11-29T08:00:00Z"))),
    end: "Superseded",
    served: "v2",
  },
  {
    title: "replaces the Deployment by a file with a third version",
    act: replacedBy("v3"),
    end: "Superseded",
    served: "v3",
  },
  {
    title: "sets the old image",
    act: inShop("set", "image", "deployment/checkout", "*=shop/checkout:v1"),
    end: "Superseded",
    served: "v1",
  },
  {
    title: "scales the Deployment up",
    act: inShop("scale", "deployment/checkout", "--replicas=5"),
    end: "Promoted",
    served: "v2",
    replicas: 5,
  },
  {
    title: "scales the Deployment to 0 and back",
    async act(scene) {
      await inShop("scale", "deployment/checkout", "--replicas=0")(scene);
      await moreRequests(scene, 50);
      await inShop("scale", "deployment/checkout", "--replicas=3")(scene);
    },
    end: "Promoted",
    served: "v2",
    ownHarmMs: 10_000,
  },
  {
    title: "scales the live ReplicaSet down",
    act: inShop("scale", "replicaset", "--selector=app=checkout,!sluice.dev/run", "--replicas=1"),
    end: "Promoted",
    served: "v2",
  },
  {
    title: "scales the candidate's Deployment to 0",
    act: inShop("scale", "deployment/checkout-1", "--replicas=0"),
    end: "RolledBack",
    served: "v1",
    because: /none of the candidate's pods is ready/,
    ownHarmMs: 4_000,
  },
  {
    title: "edits the candidate's image",
    act: patch("deployment/checkout-1", image("v9")),
    end: "RolledBack",
    served: "v1",
    because: /template of the candidate's Deployment was edited/,
    told: "TwinEdited",
  },
  {
    title: "deletes the candidate's Deployment",
    act: inShop("delete", "deployment/checkout-1", "--wait=false"),
    end: "RolledBack",
    served: "v1",
    because: /the candidate's Deployment is gone|none of the candidate's pods is ready/,
    ownHarmMs: 4_000,
  },
  {
    title: "deletes the DestinationRule",
    act: inShop("delete", "destinationrule/checkout"),
    end: "Promoted",
    served: "v2",
    ownHarmMs: 4_000,
  },
  {
    title: "makes a second Rollout for the same Deployment",
    async act(scene) {
      const { lab, rollout, shop } = scene;
      const { apiVersion, kind, spec } = await lab.admin.get(rollout);
      await lab.admin.create({ apiVersion, kind, metadata: { name: "second", namespace: shop.namespace }, spec });
      await expectConflict(scene, /Deployment .*checkout/);
    },
    end: "Promoted",
    served: "v2",
  },
  {
    title: "makes a second Rollout for the same route",
    async act(scene) {
      const { lab, rollout, shop } = scene;
      const { namespace } = shop;
      const { apiVersion, kind, spec } = await lab.admin.get(rollout);
      const { traffic, ...rest } = spec as { traffic: object };
      const claim = { ...rest, workload: { name: "cart" }, traffic: { ...traffic, service: "checkout" } };
      const labels = { app: "cart" };
      const template = { metadata: { labels }, spec: { containers: [{ name: "app", image: "shop/cart:v1" }] } };
      const cart = { replicas: 0, selector: { matchLabels: labels }, template };
      await lab.admin.create({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "cart", namespace },
        spec: cart,
      });
      await lab.admin.create({ apiVersion, kind, metadata: { name: "second", namespace }, spec: claim });
      await expectConflict(scene, /VirtualService .*checkout/);
    },
    end: "Promoted",
    served: "v2",
  },
];

const TO_THE_END = [0, 10, 30, 100, 0];

test.concurrent.for(hands)("somebody who $title while the candidate has users", async (hand, at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed, ratePerSecond: 50 });
  const { lab, runs, shop, load, weights } = scene;
  const routeAsWritten = await specOf(scene, shop.virtualService);
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  const actedAtMs = Date.now();
  await hand.act(scene);
  const run = await runs.waitFor(1, hand.end, 90_000);
  const history = [...weights.history];
  if (hand.because !== undefined) expect(run.status?.end?.message).toMatch(hand.because);
  if (hand.told !== undefined) {
    await until("people are told", async () =>
      (await eventsOf(lab, shop.namespace)).some(({ reason }) => reason === hand.told),
    );
  }
  await until(
    `all users are on ${hand.served}`,
    async () => {
      const fromMs = Date.now();
      await moreRequests(scene, 50);
      return Object.keys(load.log.window(fromMs).countByVersion()).join() === hand.served;
    },
    { withinMs: 60_000 },
  );
  await runs.waitForRollout(hand.end === "RolledBack" ? "RolledBack" : "Healthy");
  const log = await load.stop();
  tell(`somebody who ${hand.title}`, { failed: log.failures().length, requests: log.total });
  const { ownHarmMs = 0, replicas = 3 } = hand;
  const unexcused = log.failures().filter(({ sentAtMs }) => sentAtMs < actedAtMs || sentAtMs > actedAtMs + ownHarmMs);
  expect(unexcused).toEqual([]);
  const met = Object.keys(log.countByVersion()).filter((version) => version !== "");
  expect(met.filter((version) => !["v1", "v2", hand.served].includes(version))).toEqual([]);
  expect(await specOf(scene, shop.deployment)).toMatchObject({ replicas });
  expect(await specOf(scene, shop.virtualService)).toEqual(routeAsWritten);
  expect(await lab.admin.find(shop.destinationRule)).toBeUndefined();
  if (ownHarmMs > 0) return;
  const percents = canaryPercents(history);
  if (hand.end === "Promoted") {
    expect(percents).toEqual(TO_THE_END);
    expectShares(log, history, "v2", { passShortOnes: true });
  } else expect(percents.slice(0, 3)).toEqual([0, 10, 0]);
});

/** v2 is rolled back; then the Deployment is scaled down until nobody answers, and up again. */
async function refuseThenScale(scene: Scene): Promise<void> {
  const { runs, shop, load } = scene;
  await shop.setImage("shop/checkout:v2-errors50");
  await runs.waitFor(1, "RolledBack", 60_000);
  await runs.waitForRollout("RolledBack");
  await inShop("scale", "deployment/checkout", "--replicas=0")(scene);
  await until("nobody is there to answer", async () => {
    const fromMs = Date.now();
    await moreRequests(scene, 20);
    return load.log.window(fromMs).countByVersion()["v1"] === undefined;
  });
  await inShop("scale", "deployment/checkout", "--replicas=3")(scene);
}

async function untilServedBy(scene: Scene, version: string): Promise<void> {
  await until(`${version} answers everybody`, async () => {
    const fromMs = Date.now();
    await moreRequests(scene, 50);
    const seen = scene.load.log.window(fromMs);
    return seen.failures().length === 0 && Object.keys(seen.countByVersion()).join() === version;
  });
}

test.concurrent("somebody who scales a Deployment with a refused template to 0 and back gets the version before", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed, ratePerSecond: 50 });
  const { runs, shop, load } = scene;
  await refuseThenScale(scene);
  await untilServedBy(scene, "v1");
  const backMs = Date.now();
  await moreRequests(scene, 300);
  const since = (await load.stop()).window(backMs);
  expect(since.countByVersion()).toEqual({ v1: since.total });
  expect(runs.count()).toBe(1);
  expect(runs.rolloutStatus().phase).toBe("RolledBack");
  expect(await specOf(scene, shop.deployment)).toMatchObject({ replicas: 3, paused: true });
});

test.concurrent("somebody who does so where no old ReplicaSet is kept is told that nobody is served, and the next version is everybody's at once", async (at) => {
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    shop: { deploymentSpec: { revisionHistoryLimit: 0 } },
    ratePerSecond: 50,
  });
  const { runs, shop } = scene;
  await refuseThenScale(scene);
  await until("it is told", () => runs.rolloutStatus().message?.includes("nobody is served") === true);
  await shop.setImage("shop/checkout:v3");
  await untilServedBy(scene, "v3");
  await runs.waitForRollout("Healthy");
  expect(runs.count()).toBe(1);
});

interface Routes {
  readonly http: readonly { readonly route: readonly { weight?: number; destination: { subset?: string } }[] }[];
}

test.concurrent("somebody who gives the candidate more users than its step has them taken back at once", async (at) => {
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    spec: { steps: [{ name: "first", weight: 10, observe: "15s" }] },
  });
  const { lab, runs, shop, load, weights } = scene;
  const routes = () => specOf<Routes>(scene, shop.virtualService);
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  const operations = (await routes()).http.flatMap(({ route }, http) =>
    route.map(({ destination }, to) => ({
      op: "replace" as const,
      path: `/spec/http/${http}/route/${to}/weight`,
      value: destination.subset === "canary" ? 60 : 40,
    })),
  );
  await lab.admin.jsonPatch(shop.virtualService, operations, { fieldManager: "kubectl-edit" });
  const editedAtMs = Date.now();
  await until("the route has the step's share again", async () => {
    const all = (await routes()).http.flatMap(({ route }) => route);
    return all.find(({ destination }) => destination.subset === "canary")?.weight === 10;
  });
  await until("so have the proxies", () => canaryPercents(weights.history).at(-1) === 10);
  tell("weight raised by hand", { "seconds until it was taken back": (Date.now() - editedAtMs) / 1000 });
  expect(Date.now() - editedAtMs).toBeLessThan(3_000);
  await runs.waitFor(1, "Promoted", 90_000);
  expect((await load.stop()).failures()).toEqual([]);
});

test.concurrent("somebody who deletes the VirtualService in a step gets it back from Git as Git has it, and is told", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed, ratePerSecond: 50 });
  const { lab, runs, shop, load } = scene;
  const written = await lab.admin.get(shop.virtualService);
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  await lab.admin.delete(shop.virtualService);
  const { apiVersion, kind, spec } = written;
  await lab.admin.create({ apiVersion, kind, metadata: { name: shop.name, namespace: shop.namespace }, spec });
  const backAtMs = Date.now();
  const run = await runs.waitFor(1, "RolledBack", 60_000);
  expect(run.status?.end).toMatchObject({
    reason: "RouteMissing",
    message: expect.stringMatching(/VirtualService .*checkout (does not exist|was deleted and made anew)/) as unknown,
  });
  expect(await reasonsOf(scene, "RolledBack")).toContain("RolledBack");
  await until("all users are on v1", async () => {
    const fromMs = Date.now();
    await moreRequests(scene, 50);
    return Object.keys(load.log.window(fromMs).countByVersion()).join() === "v1";
  });
  const failures = (await load.stop()).failures();
  expect(failures.filter(({ sentAtMs }) => sentAtMs > backAtMs + 2_000)).toEqual([]);
  expect(await specOf(scene, shop.virtualService)).toEqual(spec);
});
