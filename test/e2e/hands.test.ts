import { expect, test } from "vitest";
import type { Phase } from "../../src/api/phase.ts";
import { kubectl } from "../lab/kubectl.ts";
import { until } from "../lab/wait.ts";
import { sluiceApi } from "./run.ts";
import { createScene, moreRequests, type Scene } from "./scene.ts";
import { canaryPercents, eventsOf, tell } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab();

interface Hand {
  /** What somebody does while v2 has its 10 %. */
  readonly title: string;
  readonly act: (scene: Scene) => Promise<unknown>;
  /** How the first run ends. */
  readonly end: Phase;
  /** Who answers everybody in the end. */
  readonly served: string;
  /** What the run's record says of its end. */
  readonly because?: RegExp;
  /** An Event that tells it. */
  readonly told?: string;
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

const hands: readonly Hand[] = [
  {
    title: "applies paused: false",
    act: patch("deployment/checkout", { spec: { paused: false } }),
    end: "Promoted",
    served: "v2",
  },
  {
    title: "rolls out: resume",
    act: inShop("rollout", "resume", "deployment/checkout"),
    end: "Promoted",
    served: "v2",
  },
  {
    title: "rolls out: undo",
    act: refused(inShop("rollout", "undo", "deployment/checkout"), /no rollout history found/),
    end: "Promoted",
    served: "v2",
  },
  {
    title: "replaces the image by the old one",
    act: patch("deployment/checkout", image("v1")),
    end: "Superseded",
    served: "v1",
  },
  {
    title: "scales the Deployment up",
    act: inShop("scale", "deployment/checkout", "--replicas=5"),
    end: "Promoted",
    served: "v2",
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
    act: async ({ lab, rollout, shop }) => {
      const { apiVersion, kind, spec } = await lab.admin.get(rollout);
      await lab.admin.create({ apiVersion, kind, metadata: { name: "second", namespace: shop.namespace }, spec });
      const second = { apiVersion: sluiceApi, kind: "Rollout", namespace: shop.namespace, name: "second" };
      await until("the second one is told who was first", async () => {
        const status = (await lab.admin.get(second))["status"] as { phase?: string; message?: string } | undefined;
        return status?.phase === "Conflict" && /checkout/.test(status.message ?? "");
      });
    },
    end: "Promoted",
    served: "v2",
  },
];

test.concurrent.for(hands)("somebody who $title while the candidate has users", async (hand, at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed, ratePerSecond: 50 });
  const { lab, runs, shop, load, weights } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  const actedAtMs = Date.now();
  await hand.act(scene);
  const run = await runs.waitFor(1, hand.end, 90_000);
  if (hand.because !== undefined) expect(run.status?.end?.message).toMatch(hand.because);
  if (hand.told !== undefined) {
    await until("people are told", async () =>
      (await eventsOf(lab, shop.namespace)).some(({ reason }) => reason === hand.told),
    );
  }
  await until("all users are on one version", async () => {
    const fromMs = Date.now();
    await moreRequests(scene, 50);
    const by = load.log.window(fromMs).countByVersion();
    return Object.keys(by).join() === hand.served;
  });
  const failures = (await load.stop()).failures();
  tell(`somebody who ${hand.title}`, { failed: failures.length, requests: load.log.total });
  const { ownHarmMs = 0 } = hand;
  expect(failures.filter(({ sentAtMs }) => sentAtMs < actedAtMs || sentAtMs > actedAtMs + ownHarmMs)).toEqual([]);
  expect(
    Object.keys(load.log.countByVersion()).filter((version) => version !== "" && !["v1", "v2"].includes(version)),
  ).toEqual([]);
  expect(Math.max(...canaryPercents(weights.history))).toBeLessThanOrEqual(hand.end === "Promoted" ? 100 : 10);
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
  const routes = async () => (await lab.admin.get(shop.virtualService))["spec"] as Routes;
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
  const {
    resourceVersion: _,
    uid: __,
    creationTimestamp: ___,
    managedFields: ____,
    generation: _____,
    ...metadata
  } = written.metadata;
  await lab.admin.create({ ...written, metadata });
  const backAtMs = Date.now();
  const run = await runs.waitFor(1, "RolledBack", 60_000);
  expect(run.status?.end).toMatchObject({ reason: "RouteMissing" });
  await until("all users are on v1", async () => {
    const fromMs = Date.now();
    await moreRequests(scene, 50);
    return Object.keys(load.log.window(fromMs).countByVersion()).join() === "v1";
  });
  const failures = (await load.stop()).failures();
  expect(failures.filter(({ sentAtMs }) => sentAtMs > backAtMs + 2_000)).toEqual([]);
  expect((await lab.admin.get(shop.virtualService))["spec"]).toEqual(written["spec"]);
});
