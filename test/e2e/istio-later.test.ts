import { afterAll, beforeAll, expect, test } from "vitest";
import type { KubeObject } from "../../src/kube/port.ts";
import { refOf } from "../lab/admin.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { applyCrds } from "../lab/seed.ts";
import { until } from "../lab/wait.ts";
import { installSluice } from "./install.ts";
import { createScene } from "./scene.ts";
import { canaryPercents, expectShares, objectsAsWritten, tell, withImage } from "./seen.ts";
import { startSluice } from "./sluice.ts";

// A lab of its own: Istio is everybody's.
let lab: Lab;

beforeAll(async () => {
  lab = await startLab({ index: 1, meshClient: false });
  await installSluice(lab);
});

afterAll(() => lab.stop());

/** Takes Istio from the cluster as if it had never been installed; gives the CRDs that are to be installed later. */
async function removeIstio(): Promise<KubeObject[]> {
  await lab.part("istiod").kill();
  const all = await lab.admin.list({ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" });
  const crds = all.filter(({ metadata }) => metadata.name.endsWith(".istio.io"));
  expect(crds.length).toBeGreaterThan(2);
  await Promise.all(crds.map((crd) => lab.admin.delete(refOf(crd))));
  await until("Istio's kinds are gone", async () => !(await servedGroups()).some((name) => name.endsWith(".istio.io")));
  return crds.map(({ apiVersion, kind, metadata: { name }, ...rest }) => ({
    apiVersion,
    kind,
    metadata: { name },
    spec: rest["spec"],
  }));
}

async function servedGroups(): Promise<string[]> {
  const { groups } = await lab.admin.call<{ groups: { name: string }[] }>("GET", "/apis");
  return groups.map(({ name }) => name);
}

async function readiness(url: string): Promise<{ status: number; reasons: string[] }> {
  const response = await fetch(`${url}/readyz`);
  const { reasons } = (await response.json()) as { reasons: string[] };
  return { status: response.status, reasons };
}

test("a controller that finds no Istio says what it waits for, and begins by itself once that is installed", async ({
  onTestFailed,
}) => {
  const crds = await removeIstio();
  await using sluice = await startSluice(lab, { waits: true });
  await until("it says what it waits for", async () => {
    const { status, reasons } = await readiness(sluice.url);
    return status === 503 && reasons.some((reason) => reason.includes("install Istio's CRDs"));
  });
  expect(sluice.logOf("")).toContain("install Istio's CRDs; waiting");
  await applyCrds(lab.admin, crds);
  const installedAtMs = Date.now();
  await lab.part("istiod").start();
  await until("it works", async () => (await readiness(sluice.url)).status === 200);
  tell("Istio installed later", { "seconds until the controller works": (Date.now() - installedAtMs) / 1000 });

  await using scene = await createScene(sluice, { onTestFailed });
  const before = await objectsAsWritten(scene);
  await scene.shop.setImage("shop/checkout:v2");
  await scene.runs.waitFor(1, "Promoted");
  const [log, history] = [await scene.load.stop(), await scene.weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
  expectShares(log, history, "v2");
  expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v2"));
});
