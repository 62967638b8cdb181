import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunStatus } from "../../src/api/run.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import type { LabClient } from "../lab/client.ts";
import { WRITES } from "../lab/fault-proxy/api-call.ts";
import { type FaultProxy, startFaultProxy } from "../lab/fault-proxy/fault-proxy.ts";
import { follow } from "../lab/follow.ts";
import { until } from "../lab/wait.ts";
import { sluiceApi } from "./run.ts";
import { createScene, moreRequests } from "./scene.ts";
import { canaryPercents, expectShares, goodRelease, objectsAsWritten, reasonsOf, tell, withImage } from "./seen.ts";
import { sharedLab } from "./shared.ts";
import { type Sluice, startSluice } from "./sluice.ts";

// One Lease for all of them: these tests run one after the other.
const shared = sharedLab({ controller: false });

/** A Pod that is gone without a word is missed within this time. */
const TAKEOVER_MS = 20_000;

/** From when a controller leads to the last user who met a bad canary. */
const SAFE_MS = 8_000;

test("of three controllers another takes over when the leader is killed, and no user notices", async (at) => {
  const { lab } = shared;
  await using first = await startLeader(lab, "first");
  await using second = await startSluice(lab, { leaderElect: true, identity: "second" });
  await using third = await startSluice(lab, { leaderElect: true, identity: "third" });
  await using scene = await createScene(first, { onTestFailed: at.onTestFailed });
  const before = await objectsAsWritten(scene);
  await scene.shop.setImage("shop/checkout:v2");
  await scene.runs.waitFor(1, "Observing");
  await first.kill();
  const killedAtMs = Date.now();
  const heir = await until("another leads", async () => {
    const holder = await holderOf(lab);
    return holder !== "first" && holder;
  });
  tell("leader killed", { "seconds until another leads": (Date.now() - killedAtMs) / 1000 });
  expect(Date.now() - killedAtMs).toBeLessThanOrEqual(TAKEOVER_MS);
  await scene.runs.waitFor(1, "Promoted");
  const [log, history] = [await scene.load.stop(), await scene.weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
  expectShares(log, history, "v2");
  expect(await reasonsOf(scene, "Promoted")).toEqual(["Adopted", ...goodRelease]);
  expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v2"));
  expect(scene.runs.find(1)?.status?.writer).toBe(heir);
  expect([second.running, third.running]).toEqual([true, true]);
});

test("a leader that hangs past its Lease is replaced, and writes nothing more when it wakes up", async (at) => {
  const { lab } = shared;
  await using proxy = await startFaultProxy(lab.info.apiserver);
  await using first = await startLeader(lab, "first", proxy);
  await using second = await startSluice(lab, { leaderElect: true, identity: "second" });
  await using scene = await createScene(first, { onTestFailed: at.onTestFailed });
  using writers = await recordWriters(lab, scene.shop.namespace);
  await scene.shop.setImage("shop/checkout:v2");
  await scene.runs.waitFor(1, "Observing");
  // No write is on its way then, which no process could take back.
  await reasonsOf(scene, "StepStarted");
  first.freeze();
  const frozenAtMs = Date.now();
  await until("the other leads", async () => (await holderOf(lab)) === "second");
  tell("leader frozen", { "seconds until the other leads": (Date.now() - frozenAtMs) / 1000 });
  expect(Date.now() - frozenAtMs).toBeLessThanOrEqual(TAKEOVER_MS);
  await until("the other has written", () => writers.all.at(-1) === "second");
  // In the middle of the other's work: everything that it had in hand when it froze is still in its memory, and all that its
  // watches were told since lies in its sockets. What it would write now, to whatever object, is refused and counted.
  proxy.inject({ fault: { kind: "answer", code: 403 }, verbs: WRITES });
  first.thaw();
  await until("it has ended, since it leads no more", () => !first.running);
  expect(proxy.met(), "writes of the one that leads no more").toEqual({});
  await moreRequests(scene, 100);
  await scene.runs.waitFor(1, "Promoted");
  const [log, history] = [await scene.load.stop(), await scene.weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
  expectShares(log, history, "v2");
  expect(await reasonsOf(scene, "Promoted")).toEqual(["Adopted", ...goodRelease]);
  const inTurn = writers.all.filter((writer, index) => writer !== writers.all[index - 1]);
  expect(inTurn).toEqual(["first", "second"]);
  expect(second.running).toBe(true);
});

test("a leader that is cut off ends before another leads, and users are taken off a version that turned bad meanwhile", async (at) => {
  const { lab } = shared;
  await using proxy = await startFaultProxy(lab.info.apiserver);
  await using first = await startLeader(lab, "first", proxy);
  await using second = await startSluice(lab, { leaderElect: true, identity: "second" });
  await using scene = await createScene(first, {
    onTestFailed: at.onTestFailed,
    spec: { steps: [{ name: "first", weight: 10, observe: "60s" }] },
  });
  const { shop, runs, load } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  proxy.cutOff();
  const cutOffAtMs = Date.now();
  await lab.kubelet.setBehaviour({ namespace: shop.namespace, imageTag: "v2" }, { errorFraction: 0.5 });
  const stillRan = await until("the other leads", async () => (await holderOf(lab)) === "second" && [first.running]);
  const leadsAfterMs = Date.now() - cutOffAtMs;
  proxy.inject({ fault: { kind: "answer", code: 403 }, verbs: WRITES });
  proxy.reconnect();
  expect(stillRan, "two at once").toEqual([false]);
  expect(leadsAfterMs).toBeLessThanOrEqual(TAKEOVER_MS);
  await runs.waitFor(1, "RolledBack");
  const lastFailureMs = (load.log.lastFailure()?.sentAtMs ?? 0) - cutOffAtMs;
  tell("leader cut off", {
    "seconds until the other leads": leadsAfterMs / 1000,
    "seconds from the other's lead to the last failed request": (lastFailureMs - leadsAfterMs) / 1000,
  });
  expect(lastFailureMs - leadsAfterMs).toBeLessThanOrEqual(SAFE_MS);
  expect(proxy.met()).toEqual({});
  expect(canaryPercents(await scene.weights.stop())).toEqual([0, 10, 0]);
  const told = await reasonsOf(scene, "RolledBack");
  expect(told.slice(-2)).toEqual(["SLOBreached", "RolledBack"]);
  expect(second.running).toBe(true);
});

test("a leader whose process begins anew under the same name leads again at once", async () => {
  const { lab } = shared;
  await using first = await startLeader(lab, "first");
  await using _second = await startSluice(lab, { leaderElect: true, identity: "second" });
  const { transitions } = await leaseOf(lab);
  await first.kill();
  const restartedAtMs = Date.now();
  await first.start();
  await until("it leads", async () => /^sluice_leader 1$/m.test(await metricsOf(first)));
  tell("leader restarted", { "seconds until it leads": (Date.now() - restartedAtMs) / 1000 });
  // Well before the 15 s for which the Lease still ran.
  expect(Date.now() - restartedAtMs).toBeLessThanOrEqual(8_000);
  expect(await leaseOf(lab)).toEqual({ holder: "first", transitions });
});

test("a leader that is told to end gives its Lease to the next one at once", async () => {
  const { lab } = shared;
  await using first = await startLeader(lab, "first");
  await using _second = await startSluice(lab, { leaderElect: true, identity: "second" });
  const toldAtMs = Date.now();
  await first[Symbol.asyncDispose]();
  await until("the other leads", async () => (await holderOf(lab)) === "second");
  tell("leader told to end", { "seconds until the other leads": (Date.now() - toldAtMs) / 1000 });
  // Well before the 15 s that a Lease lasts: nobody waited for it to run out.
  expect(Date.now() - toldAtMs).toBeLessThanOrEqual(8_000);
});

async function startLeader(lab: LabClient, identity: string, through?: FaultProxy): Promise<Sluice> {
  const file = join(lab.info.dir, `${identity}-${crypto.randomUUID().slice(0, 8)}.kubeconfig`);
  const kubeconfig = through && (await through.writeKubeconfig(file, lab.info.tokens.sluice));
  const sluice = await startSluice(lab, { leaderElect: true, identity, ...(kubeconfig && { kubeconfig }) });
  await until(`${identity} leads`, async () => (await holderOf(lab)) === identity);
  return sluice;
}

async function holderOf(lab: LabClient): Promise<string> {
  return (await leaseOf(lab)).holder;
}

async function leaseOf(lab: LabClient): Promise<{ holder: string; transitions: number }> {
  const lease = await lab.admin.get({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    namespace: "sluice-system",
    name: "sluice",
  });
  const { holderIdentity = "", leaseTransitions = 0 } = lease["spec"] as {
    holderIdentity?: string;
    leaseTransitions?: number;
  };
  return { holder: holderIdentity, transitions: leaseTransitions };
}

async function metricsOf(sluice: Sluice): Promise<string> {
  return await (await fetch(`${sluice.url}/metrics`)).text();
}

/** Who wrote each state of the namespace's runs, in order. */
async function recordWriters(lab: LabClient, namespace: string): Promise<Disposable & { readonly all: string[] }> {
  const all: string[] = [];
  const stopping = new AbortController();
  const handlers = {
    onUpsert(run: KubeObject) {
      const { writer = "" } = (run["status"] ?? {}) as Partial<RunStatus>;
      if (writer !== "") all.push(writer);
    },
    onDelete: () => undefined,
  };
  await follow(lab.admin, { apiVersion: sluiceApi, kind: "RolloutRun", namespace }, handlers, stopping.signal);
  return { all, [Symbol.dispose]: () => stopping.abort() };
}
