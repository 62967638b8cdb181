import { expect, test } from "vitest";
import { startOutsideCaller } from "../lab/outside-caller.ts";
import { until } from "../lab/wait.ts";
import { createScene, moreRequests } from "./scene.ts";
import { eventsOf, tell } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab();

const accepting = (unmanagedCallers: "Refuse" | "Accept") => ({
  traffic: { settle: "3s", unmanagedCallers, istio: { virtualServices: [{ name: "checkout" }] } },
});

test.concurrent("callers past the mesh are refused unless accepted", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed, spec: accepting("Refuse") });
  const { lab, shop, runs } = scene;
  await lab.admin.create({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "side-door", namespace: shop.namespace },
    spec: { defaultBackend: { service: { name: "checkout", port: { number: 8000 } } } },
  });
  await shop.setImage("shop/checkout:v2");
  const said = await until("preflight refuses", () => runs.find(1)?.status?.stalled?.message);
  expect(said).toMatch(/unmanaged-callers: .*side-door.*Accept/);
  await moreRequests(scene, 100);
  expect(scene.load.log.countByVersion()).toEqual({ v1: scene.load.log.total });
});

test.concurrent("accepted ones are told what they meet, and a bad version's pods are drained from them at once", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed, spec: accepting("Accept") });
  const { lab, shop, runs } = scene;
  await using caller = await startOutsideCaller(lab.admin, {
    namespace: shop.namespace,
    service: "checkout",
    ratePerSecond: 20,
  });
  await shop.setImage("shop/checkout:v2-errors50");
  const withdrawn = await runs.waitForTransition(1, "Withdrawing");
  await runs.waitFor(1, "RolledBack");
  const endedAtMs = Date.now();
  const from = caller.log.total;
  await until("they call on", () => caller.log.total > from + 40);
  const log = await caller.stop();
  const last = Math.max(...log.ofVersion("v2-errors50").answers.map(({ sentAtMs }) => sentAtMs));
  tell("callers past the mesh", {
    "seconds from the decision to the last of them on the bad version": (last - Date.parse(withdrawn.at)) / 1000,
  });
  expect(last - Date.parse(withdrawn.at)).toBeLessThanOrEqual(6_000);
  expect(log.window(endedAtMs).countByVersion()).toEqual({ v1: log.window(endedAtMs).total });
  const met = scene.load.log.failures().filter(({ version }) => version !== "v2-errors50");
  expect(met).toEqual([]);
  const notes = (await eventsOf(lab, shop.namespace)).map(({ note }) => note);
  expect(notes).toContainEqual(
    expect.stringMatching(/^10% of the users go to the candidate.*meet it by pods, 1 of 4: 25%$/),
  );
});
