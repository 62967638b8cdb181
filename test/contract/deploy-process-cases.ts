import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";
import type { HealthReport } from "../../src/server/health.ts";
import { applyCrds } from "../lab/seed.ts";
import { sayOnStderr } from "../lab/tools.ts";
import { crdFile } from "../lab/tools/crds.ts";
import { until } from "../lab/wait.ts";
import { API_VERSION as apiVersion } from "../../src/api/metadata.ts";
import { type DeployLab, namespace, root } from "./deploy-lab.ts";

const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace: "sluice-system", name: "sluice" };

/** `sluice controller` as deploy/ runs it: with the service account's rights and no others. */
export function processCases(open: () => DeployLab): void {
  const running: Running[] = [];
  afterEach(() => {
    for (const { child } of running.splice(0)) child.kill("SIGKILL");
  });

  async function start(identity: string): Promise<Running> {
    const started = await startProcess(open(), identity);
    running.push(started);
    return started;
  }

  describe("sluice controller", () => {
    test("leads or stands by, hands over on SIGTERM with 0, and ends with 1 when its Lease is taken", async () => {
      const { lab } = open();
      await installIstio(lab);
      const first = await start("first");
      await until("the first is ready", async () => (await first.ready()).ok);
      expect(await first.ready()).toMatchObject({ role: "leading", leader: "first" });
      const second = await start("second");
      await until("the second is ready", async () => (await second.ready()).ok);
      expect(await second.ready()).toMatchObject({ role: "standing by", leader: "first" });
      expect(await second.metrics()).toMatch(/^sluice_leader 0$/m);

      const metrics = await first.metrics();
      expect(metrics).toMatch(/^sluice_leader 1$/m);
      expect(metrics.match(/^sluice_api_requests_total\{.*code="403".*$/gm)).toBeNull();

      first.child.kill("SIGTERM");
      expect(await first.exited).toBe(0);
      await until("the second leads", async () => (await second.ready()).role === "leading", { withinMs: 10_000 });

      await lab.admin.mergePatch(lease, { spec: { holderIdentity: "thief" } });
      expect(await second.exited).toBe(1);
      expect(second.said()).toContain("leadership was lost: thief holds the lease");
    });

    test("lays policies under Rollouts with the rights that it has, and sees one that comes later", async () => {
      const { lab } = open();
      await installIstio(lab);
      const only = await start("policies");
      await until("it leads", async () => (await only.ready()).role === "leading", { withinMs: 30_000 });
      const metadata = { name: "empty", namespace };
      const labels = { app: "empty" };
      const template = { metadata: { labels }, spec: { containers: [{ name: "app", image: "shop/empty:v1" }] } };
      await lab.admin.apply({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: { replicas: 0, selector: { matchLabels: labels }, template },
      });
      const spec = {
        workload: { name: "empty" },
        traffic: { istio: { virtualServices: [{ name: "empty" }] } },
        policyRef: { kind: "ClusterRolloutPolicy", name: "late" },
      };
      await lab.admin.apply({ apiVersion, kind: "Rollout", metadata, spec });
      const status = async () => {
        const { status: seen } = await lab.admin.get({ apiVersion, kind: "Rollout", ...metadata });
        return (seen ?? {}) as { phase?: string; message?: string };
      };
      await until("it says what is missing", async () => (await status()).phase === "InvalidPolicy");
      expect((await status()).message).toContain('there is no ClusterRolloutPolicy "late"');
      await lab.admin.apply({ apiVersion, kind: "ClusterRolloutPolicy", metadata: { name: "late" }, spec: {} });
      await until("it is well", async () => (await status()).phase === "Healthy", { withinMs: 10_000 });
      expect((await only.metrics()).match(/^sluice_api_requests_total\{.*code="403".*$/gm)).toBeNull();
      expect(only.said()).toContain("policies are served");
      await lab.admin.delete({ apiVersion, kind: "ClusterRolloutPolicy", name: "late" });
      await lab.admin.delete({ apiVersion, kind: "Rollout", ...metadata });
      const gone = async () => (await lab.admin.find({ apiVersion, kind: "Rollout", ...metadata })) === undefined;
      await until("the Rollout is let go", gone);
      await lab.admin.delete({ apiVersion: "apps/v1", kind: "Deployment", ...metadata });
    });

    test("ends with 1 and a sentence when its address is taken", async () => {
      const only = await start("only");
      const { port } = new URL(only.url);
      const args = ["controller", "--listen", `127.0.0.1:${port}`, "--prometheus", "http://127.0.0.1:9"];
      const second = await open().typed("sluice", ...args);
      expect(second).toMatchObject({ code: 1, out: "" });
      expect(second.err).toContain("EADDRINUSE");
      expect(second.err).toContain("Give another address with --listen.");
    });
  });
}

async function installIstio({ admin }: DeployLab["lab"]): Promise<void> {
  await applyCrds(admin, JSON.parse(await readFile(await crdFile("istio-crds", sayOnStderr), "utf8")));
}

interface Running {
  child: ChildProcess;
  url: string;
  /** The exit code. */
  exited: Promise<number>;
  ready(): Promise<HealthReport>;
  metrics(): Promise<string>;
  /** Its log so far. */
  said(): string;
}

/** Resolves once it listens, at a port that was free. */
async function startProcess({ lab }: DeployLab, identity: string): Promise<Running> {
  const args = ["controller", "--listen", "127.0.0.1:0", "--identity", identity, "--prometheus", "http://127.0.0.1:9"];
  const child = spawn(process.execPath, [`${root}/src/cli.ts`, ...args, "--kubeconfig", lab.kubeconfig("sluice")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit").then(([code]) => code as number);
  const lines: string[] = [];
  const listening = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    const { listen } = JSON.parse(line) as { listen?: { host: string; port: number } };
    if (listen !== undefined) listening.resolve(`http://${listen.host}:${listen.port}`);
  });
  const url = await Promise.race([listening.promise, exited.then((code) => `exited with ${code}`)]);
  if (!URL.canParse(url)) throw new Error(`sluice controller ${url}: ${lines.join("\n")}`);
  return {
    child,
    url,
    exited,
    ready: async () => (await (await fetch(`${url}/readyz`)).json()) as HealthReport,
    metrics: async () => await (await fetch(`${url}/metrics`)).text(),
    said: () => lines.join("\n"),
  };
}
