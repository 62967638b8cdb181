import { expect, test } from "vitest";
import type { Shop } from "../lab/namespace.ts";
import { until } from "../lab/wait.ts";
import { type CoOwner, type CoOwnerOptions, startCoOwner } from "./co-owner.ts";
import { command, createScene, moreRequests, type Scene, type SceneOptions } from "./scene.ts";
import { canaryPercents, reasonsOf, tell } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab();

interface Stage extends AsyncDisposable {
  scene: Scene;
  owner: CoOwner;
}

/** A protected shop in split form, whose manifests are applied again and again. */
async function stage(
  onTestFailed: SceneOptions["onTestFailed"],
  options: CoOwnerOptions & { spec?: SceneOptions["spec"]; arrange?: (shop: Shop) => Promise<void> },
): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const owners: CoOwner[] = [];
  const scene = stack.use(
    await createScene(shared.sluice, {
      onTestFailed,
      shop: { form: "split" },
      ...(options.spec === undefined ? {} : { spec: options.spec }),
      async prepare(shop) {
        await options.arrange?.(shop);
        owners.push(stack.use(await startCoOwner(shared.lab, shop, options)));
      },
    }),
  );
  const [owner] = owners;
  if (owner === undefined) throw new Error("there is no co-owner");
  const owned = stack.move();
  return { scene, owner, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A commit: the tool brings it to the cluster. */
function ship({ git }: CoOwner, image: string): void {
  const { template } = git.Deployment["spec"] as { template: { spec: { containers: { image: string }[] } } };
  for (const container of template.spec.containers) container.image = image;
}

test.concurrent("a tool that applies Git with force every two seconds, weights and labels ignored, costs nothing", async (at) => {
  await using on = await stage(at.onTestFailed, { ignored: ["weights", "labels"] });
  const { scene, owner } = on;
  const before = owner.applied();
  ship(owner, "shop/checkout:v2");
  await scene.runs.waitFor(1, "Promoted", 150_000);
  await scene.runs.waitForRollout("Healthy");
  await moreRequests(scene, 100);
  expect(owner.refused).toEqual([]);
  const log = await scene.load.stop();
  expect(log.failures()).toEqual([]);
  const applied = owner.applied() - before;
  expect(applied).toBeGreaterThan(10);
  tell("co-owner, weights ignored", { requests: log.total, failed: 0, "applied in the run": applied });
});

test.concurrent("one that owns the weights costs no more than RouteContended: no user fails, and the run goes on without it", async (at) => {
  await using on = await stage(at.onTestFailed, { ignored: ["labels"] });
  const { scene, owner } = on;
  ship(owner, "shop/checkout:v2");
  await scene.runs.waitFor(1, "Paused", 150_000);
  const contended = await until("it is told", () =>
    scene.runs.rolloutStatus().conditions?.find(({ type }) => type === "RouteContended"),
  );
  expect(contended.message).toMatch(/kustomize-controller/);
  expect(await reasonsOf(scene, "Paused")).toContain("WeightReset");
  // Users are on what Git says: on the version that is live.
  const from = scene.load.log.total;
  await moreRequests(scene, 200);
  expect(scene.load.log.failures()).toEqual([]);
  const applied = owner.applied();
  await owner[Symbol.asyncDispose]();
  await command(scene, 1, "resume", { reason: "the tool ignores the weights now" });
  await scene.runs.waitFor(1, "Promoted", 150_000);
  await moreRequests(scene, 100);
  const log = await scene.load.stop();
  expect(log.failures()).toEqual([]);
  expect(log.total).toBeGreaterThan(from);
  tell("co-owner, weights of Git", { requests: log.total, failed: 0, "applied before the pause": applied });
});

test.concurrent("one that owns weights and labels, nothing ignored, costs no user a request either", async (at) => {
  await using on = await stage(at.onTestFailed, { ignored: [] });
  const { scene, owner } = on;
  ship(owner, "shop/checkout:v2");
  await scene.runs.waitFor(1, ["Paused", "RolledBack"], 150_000);
  const told = await until("it is told", () =>
    scene.runs.rolloutStatus().conditions?.find(({ type }) => type === "RouteContended"),
  );
  expect(told.message).toMatch(/kustomize-controller/);
  await moreRequests(scene, 500);
  expect(owner.refused).toEqual([]);
  const log = await scene.load.stop();
  expect(log.failures()).toEqual([]);
  tell("co-owner, nothing ignored", {
    requests: log.total,
    failed: 0,
    "of them on the new version": log.countByVersion()["v2"] ?? 0,
  });
});

const MANAGED = "checkout-managed";

/** The managed route in a VirtualService of its own, which Git does not hold, and one in Git that delegates to it. */
async function delegateRoute({ namespace, virtualService }: Shop): Promise<void> {
  const { admin } = shared.lab;
  const { apiVersion, kind, spec } = await admin.get(virtualService);
  const { http } = spec as { http: object[] };
  await admin.create({ apiVersion, kind, metadata: { name: MANAGED, namespace }, spec: { http } });
  const delegates = [{ name: "to-managed", delegate: { name: MANAGED, namespace } }];
  await admin.jsonPatch(virtualService, [{ op: "replace", path: "/spec/http", value: delegates }]);
}

test.concurrent("a tool that owns a route which delegates to the managed one costs nothing", async (at) => {
  await using on = await stage(at.onTestFailed, {
    ignored: ["labels"],
    arrange: delegateRoute,
    spec: { traffic: { settle: "1s", istio: { virtualServices: [{ name: MANAGED }] } } },
  });
  const { scene, owner } = on;
  const before = owner.applied();
  ship(owner, "shop/checkout:v2");
  await scene.runs.waitFor(1, "Promoted", 150_000);
  await moreRequests(scene, 100);
  const [log, history] = [await scene.load.stop(), await scene.weights.stop()];
  expect(owner.refused).toEqual([]);
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
  const applied = owner.applied() - before;
  expect(applied).toBeGreaterThan(10);
  tell("co-owner, delegate", { requests: log.total, failed: 0, "applied in the run": applied });
});
