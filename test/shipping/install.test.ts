import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "../../deploy/bundle/bundle.ts";
import { kubectl } from "../lab/kubectl.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { ensureTool } from "../lab/tools.ts";
import { until } from "../lab/wait.ts";
import { runReleaseJob } from "./release-job.ts";
import { chart } from "./render.ts";

const NAMESPACE = "sluice-system";
const ROLLOUT = `
apiVersion: sluice.dev/v1alpha1
kind: Rollout
metadata: {name: checkout, namespace: default}
spec:
  workload: {name: checkout}
  traffic: {istio: {virtualServices: [{name: checkout}]}}
`;

let lab: Lab;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-install-"));
  lab = await startLab({ workloads: false, mesh: false, prometheus: false, index: 3 });
});
afterAll(async () => {
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Begins the real helm against the lab's API server. */
async function helm(...args: string[]): Promise<{ code: number; said: string }> {
  const child = spawn(await ensureTool("helm"), [...args, "--namespace", NAMESPACE], {
    env: { PATH: process.env["PATH"], HOME: folder, KUBECONFIG: lab.kubeconfig("admin") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: code as number, said: `${out}${err}` };
}

const get = (...args: string[]) => kubectl(lab, ["get", "--ignore-not-found", "-o", "name", ...args]);

test("helm installs it into a real API server, and an uninstall releases every Rollout first and keeps the definitions", async () => {
  expect(await helm("install", "sluice", chart, "--create-namespace")).toMatchObject({ code: 0 });
  expect(await get("-n", NAMESPACE, "deployment", "sluice")).toContain("deployment.apps/sluice");
  // This server serves the admission policies' v1: the chart has seen that by itself.
  expect(await get("mutatingadmissionpolicies")).toContain("sluice-hold");
  await kubectl(lab, ["apply", "-f", "-"], { input: ROLLOUT });
  expect(await helm("upgrade", "sluice", chart, "--set", "replicas=3")).toMatchObject({ code: 0 });

  const uninstalled = helm("uninstall", "sluice", "--timeout", "90s");
  await until("the Job is there", async () => (await get("-n", NAMESPACE, "job")).includes("sluice-release"), {
    withinMs: 30_000,
  });
  expect(await get("-n", NAMESPACE, "deployment", "sluice"), "the controller still runs").not.toBe("");
  const job = { namespace: NAMESPACE, bundle: await bundle(folder), folder };
  expect(await runReleaseJob(lab, job)).toEqual({ code: 0, said: "default/checkout: released\n" });
  expect(await uninstalled).toMatchObject({ code: 0 });
  expect(await get("-A", "rollouts.sluice.dev")).toBe("");
  expect(await get("-n", NAMESPACE, "deployment,serviceaccount,job")).not.toContain("sluice");
  expect(await get("clusterroles,clusterrolebindings,mutatingadmissionpolicies")).not.toContain("sluice");
  expect(await get("crd", "rollouts.sluice.dev")).toContain("rollouts.sluice.dev");
});
