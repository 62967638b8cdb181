import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle, bundlePlugin } from "../../deploy/bundle/bundle.ts";
import { createReceiver, listen } from "../../src/notify/receiver.test-helper.ts";
import { HEALTH, judge } from "../contract/gitops/judge.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { type Load, startLoad } from "../lab/load.ts";
import { scrapeMetrics } from "../lab/prometheus.ts";
import { ensureTool } from "../lab/tools.ts";
import { until } from "../lab/wait.ts";
import { runReleaseJob } from "../shipping/release-job.ts";
import { root } from "../shipping/render.ts";
import { readPage } from "../tutorial/page.ts";
import { asInChannel, type Channel, channelOf } from "../tutorial/slack-channel.ts";
import { type Terminal, watchIn } from "../tutorial/terminal.ts";
import { type Walk, walkThrough } from "../tutorial/walk.ts";
import { type ChartController, startChartController } from "./chart-controller.ts";
import { panelQueries, samplesFound } from "./dashboard-panels.ts";
import { waitForHold } from "./install.ts";
import { type Runs, sluiceApi, watchRuns } from "./run.ts";
import { tell } from "./seen.ts";

/** `npm run tutorial` puts what is seen into the page; all other runs hold it against the page. */
const writing = process.env["SLUICE_TUTORIAL"] === "write";
const PAGE = join(root, "docs", "tutorial.md");
const SLUICE = "sluice-system";
const SHOP = "shop";
const HOST = "checkout.example.com";
const SCREEN = { columns: 80, rows: 40 };

let lab: Lab;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-tutorial-"));
  // A lab of its own: helm installs what all others share.
  lab = await startLab({ index: 1, meshClient: false });
});

afterAll(async () => {
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a new user goes from helm install to helm uninstall, and sees what the tutorial says", async ({
  onTestFailed,
}) => {
  await using stack = new AsyncDisposableStack();
  const receiver = createReceiver();
  const slack = await listen(receiver);
  stack.defer(() => slack.close());
  const page = readPage(readFileSync(PAGE, "utf8"));
  // Also of a walk that ends early.
  if (writing) stack.defer(() => writeFileSync(PAGE, page.markdown()));
  const terminal = await openTerminal(`${slack.url}/services/T000/B000/XXXX`);
  const walk = walkThrough(page, terminal, { writing });
  const channel = channelOf(receiver);

  const controller = stack.use(await install(walk));
  onTestFailed(() => console.error(controller.log()));
  const load = stack.use(await openShop(walk));
  await waitForSeries();
  const runs = await watchRuns(lab, SHOP);
  stack.defer(() => runs.close());
  onTestFailed(() => console.error(runs.explain()));
  const fromMs = Date.now();
  await protect(walk, runs);
  await shipGood(walk, terminal, runs, load, channel);
  await shipBad(walk, runs, load, channel);
  await undo(walk, runs, load);
  await shipAgain(walk, runs, load);
  await expectPanels(fromMs);
  await takeAway(walk, load);

  expect(page.next, "the page was walked through to its end").toBeUndefined();
}, 420_000);

/** What a user has who read the page's first lines: the programs on PATH, a cluster, a webhook. */
async function openTerminal(webhook: string): Promise<Terminal> {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(await ensureTool("kubectl"), join(bin, "kubectl"));
  symlinkSync(await ensureTool("helm"), join(bin, "helm"));
  symlinkSync(await bundlePlugin(join(folder, "plugin")), join(bin, "kubectl-sluice"));
  return {
    folder: root,
    env: {
      PATH: [bin, dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
      HOME: folder,
      TERM: "xterm-256color",
      LANG: "C.UTF-8",
      KUBECONFIG: lab.kubeconfig("admin"),
      KUBECACHEDIR: join(folder, "kubectl-cache"),
      IMAGE: "registry.example.com/sluice",
      PROMETHEUS: lab.prometheusUrl,
      SLACK_WEBHOOK: webhook,
    },
  };
}

async function install(walk: Walk): Promise<ChartController> {
  const named = walk.read("export IMAGE=").matchAll(/^export (\w+)=/gm);
  expect([...named].map(([, name]) => name)).toEqual(["IMAGE", "PROMETHEUS", "SLACK_WEBHOOK"]);
  await walk.type("helm install sluice deploy/chart");
  await waitForHold(lab);
  const controller = await startChartController(lab, { namespace: SLUICE, bundle: await bundle(folder) });
  await scrapeMetrics(lab.info.dir, [controller.url]);
  await walk.type("kubectl -n sluice-system create secret");
  return controller;
}

async function openShop(walk: Walk): Promise<Load> {
  await walk.type("kubectl apply -f examples/lab/1-namespace.yaml");
  await lab.gateway.waitForHost(HOST);
  const url = "http://127.0.0.1:80";
  await until("checkout answers", async () => (await served(url)) === 1);
  return startLoad({ url, host: HOST, ratePerSecond: 100 });
}

/** A reader's service has had users for longer than Prometheus takes to see them. */
async function waitForSeries(): Promise<void> {
  const series = `istio_requests_total{destination_service="checkout.${SHOP}.svc.cluster.local",reporter="destination"}`;
  await until("Prometheus has seen the users", async () => (await lab.query(series)).length > 0);
}

/** Of one request, how many were answered well. */
async function served(url: string): Promise<number> {
  await using one = startLoad({ url, host: HOST, ratePerSecond: 20 });
  await until("there is an answer", () => one.log.total > 0);
  return one.log.failures().length === 0 ? 1 : 0;
}

async function protect(walk: Walk, runs: Runs): Promise<void> {
  walk.showsFile("examples/tutorial/policies.yaml");
  await walk.type("opens=$(date");
  walk.showsFile("examples/tutorial/rollout.yaml");
  await walk.type("kubectl apply -f examples/tutorial/rollout.yaml");
  await runs.waitForRollout("Healthy");
  expect(await judged()).toMatchObject({ argo: "Healthy", flux: "Current" });
}

async function shipGood(walk: Walk, terminal: Terminal, runs: Runs, load: Load, channel: Channel): Promise<void> {
  await walk.type("kubectl -n shop set image deployment/checkout app=shop/checkout:v2");
  const waiting = await until("the run waits for the window", () => {
    const run = runs.find(1);
    return run?.status?.window === undefined ? undefined : run.status;
  });
  const opensAtMs = Date.parse(waiting.window?.opensAt ?? "");
  expect(opensAtMs).toBeGreaterThan(Date.now());
  const status = await walk.type("kubectl sluice status checkout");
  expect(status).toContain("release-hour");
  await expectHeld();
  walk.shows(asInChannel(await channel.told("window")));

  const watchers = walk.read("kubectl sluice watch");
  await using watched = watchIn(terminal, watchers.trim(), SCREEN);
  walk.shows(
    await until("the window is seen", () => watched.pictures.findLast((seen) => seen.includes("release-hour"))),
  );
  const observing = await runs.waitForTransition(1, "Observing", 120_000);
  expect(Date.parse(observing.at)).toBeGreaterThanOrEqual(opensAtMs);
  expect(load.log.ofVersion("v2").answers.every(({ sentAtMs }) => sentAtMs >= opensAtMs)).toBe(true);
  const first = (seen: string) => /▶ first/.test(seen) && /Observing/.test(seen) && /canary +10%/.test(seen);
  await until("it waits for the approval", () => runs.find(1)?.status?.phase === "Waiting" && isThird(runs, 1));
  walk.shows(await until("the first step was seen", () => watched.pictures.findLast(first)));
  walk.shows(asInChannel(await channel.told("approval of step third")));
  expect(await judged()).toMatchObject({ argo: "Suspended", flux: "InProgress" });
  await walk.type("kubectl sluice approve checkout third");
  await runs.waitFor(1, "Promoted");
  expect(await watched.interrupt()).toContain("checkout");
  await walk.type("kubectl -n shop get deployments");
  await runs.waitForRollout("Healthy");
  await expectEverybodyOn(load, "v2");
  expect(await judged()).toMatchObject({ argo: "Healthy", flux: "Current" });
  await channel.told("promoted");
}

/** The step `third` is passed, and its approval is what the run waits for. */
function isThird(runs: Runs, ordinal: number): boolean {
  return runs.find(ordinal)?.status?.step === 2;
}

/** The new template is there, and no pod of the Deployment has it. */
async function expectHeld(): Promise<void> {
  const held = await lab.admin.get({ apiVersion: "apps/v1", kind: "Deployment", namespace: SHOP, name: "checkout" });
  expect(held["spec"]).toMatchObject({ paused: true });
  expect((held["status"] as { updatedReplicas?: number }).updatedReplicas ?? 0).toBe(0);
}

async function shipBad(walk: Walk, runs: Runs, load: Load, channel: Channel): Promise<void> {
  const fromMs = Date.now();
  await walk.type("kubectl -n shop set image deployment/checkout app=shop/checkout:v3-errors50");
  const ended = await walk.type("kubectl sluice status checkout");
  expect(ended).toContain("rolled back");
  await runs.waitFor(2, "RolledBack");
  const breach = asInChannel(await channel.told("users were hurt"));
  expect(breach).toMatch(/\d+ of \d+ requests \([\d.]+ %\) failed, over the limit of 2 %/);
  walk.shows(breach);
  await runs.waitForRollout("RolledBack");
  await walk.type("kubectl sluice get checkout");
  const { argo, flux, text } = await judged();
  expect({ argo, flux }).toEqual({ argo: "Degraded", flux: "Failed" });
  walk.shows(text);
  const hurt = load.log.window(fromMs);
  tell("bad version", { failed: hurt.failures().length, "seconds of harm": hurt.failureSpanMs() / 1000 });
  expect(new Set(hurt.failures().map(({ version }) => version))).toEqual(new Set(["v3-errors50"]));
  await expectEverybodyOn(load, "v2");
}

async function undo(walk: Walk, runs: Runs, load: Load): Promise<void> {
  await walk.type("kubectl -n shop set image deployment/checkout app=shop/checkout:v2");
  await runs.waitForRollout("Healthy");
  await walk.type("kubectl sluice undo checkout");
  await until("the undo has begun", () => runs.find(3));
  await runs.waitFor(3, "Promoted");
  await runs.waitForRollout("RolledBack");
  await walk.type("kubectl -n shop wait");
  await expectEverybodyOn(load, "v1");
}

async function shipAgain(walk: Walk, runs: Runs, load: Load): Promise<void> {
  await walk.type("kubectl -n shop set image deployment/checkout app=shop/checkout:v4");
  await until("it waits for the approval", () => runs.find(4)?.status?.phase === "Waiting" && isThird(runs, 4), {
    withinMs: 60_000,
  });
  await walk.type("kubectl sluice approve checkout third");
  await runs.waitFor(4, "Promoted");
  await runs.waitForRollout("Healthy");
  const { argo, flux, text } = await judged();
  expect({ argo, flux }).toEqual({ argo: "Healthy", flux: "Current" });
  walk.shows(text);
  await expectEverybodyOn(load, "v4");
}

/** Every panel of every dashboard shows something of what went on since. */
async function expectPanels(fromMs: number): Promise<void> {
  const empty: string[] = [];
  for (const { panel, promql } of panelQueries(SHOP, "checkout")) {
    const found = await samplesFound(lab, promql, fromMs, Date.now());
    if (found === 0) empty.push(`${panel}: ${promql}`);
  }
  expect.soft(empty, "panels that show nothing").toEqual([]);
}

/** helm waits for its Job, which runs here as a process; the Deployment that was held is its users' alone again. */
async function takeAway(walk: Walk, load: Load): Promise<void> {
  const deployment = { apiVersion: "apps/v1", kind: "Deployment", namespace: SHOP, name: "checkout" };
  const annotations = async () => (await lab.admin.get(deployment)).metadata.annotations ?? {};
  expect(await annotations()).toHaveProperty(["sluice.dev/rollout"]);
  const uninstalled = walk.type("helm uninstall sluice");
  const job = runReleaseJob(lab, { namespace: SLUICE, bundle: join(folder, "sluice.mjs"), folder });
  expect(await job).toEqual({ code: 0, said: expect.stringMatching(/^shop\/checkout: released$/m) });
  await uninstalled;
  expect(load.log.failures().filter(({ version }) => version !== "v3-errors50")).toEqual([]);
  expect(await annotations()).not.toHaveProperty(["sluice.dev/rollout"]);
  await walk.type("kubectl -n shop set image deployment/checkout app=shop/checkout:v5");
  // Old pods serve on for a moment when the Deployment is done: now it goes Kubernetes' own way.
  await until("everybody is on v5", async () => {
    const fromMs = Date.now();
    await until("100 more requests", () => load.log.window(fromMs).total >= 100);
    return Object.keys(load.log.window(fromMs).countByVersion()).join() === "v5";
  });
}

async function expectEverybodyOn(load: Load, version: string): Promise<void> {
  const fromMs = Date.now();
  await until("100 more requests", () => load.log.window(fromMs).total >= 100);
  const log = load.log.window(fromMs);
  expect(log.countByVersion()).toEqual({ [version]: log.total });
}

interface Judged {
  argo: string | undefined;
  flux: string | undefined;
  /** Both as a person reads them. */
  text: string;
}

/** What Argo CD's script and Flux's library make of the Rollout as it is now. */
async function judged(): Promise<Judged> {
  const object = await lab.admin.get({ apiVersion: sluiceApi, kind: "Rollout", namespace: SHOP, name: "checkout" });
  const [argo, flux] = await judge([
    { ask: "lua", object, script: HEALTH.rollout },
    { ask: "kstatus", object },
  ]);
  expect([argo?.error, flux?.error]).toEqual([undefined, undefined]);
  const text = `Argo CD: ${argo?.status}: ${argo?.message ?? ""}\nFlux:    ${flux?.status}: ${flux?.message ?? ""}`;
  return { argo: argo?.status, flux: flux?.status, text };
}
