import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allCrds } from "../../../src/api/crd/kinds.ts";
import type { KubeObject } from "../../../src/kube/port.ts";
import { type Lab, startLab } from "../../lab/lab.ts";
import { applyCrds } from "../../lab/seed.ts";
import { sayOnStderr } from "../../lab/tools.ts";
import { crdFile } from "../../lab/tools/crds.ts";
import type { UserName } from "../../lab/users.ts";
import { until } from "../../lab/wait.ts";
import * as bases from "./corpus/bases.ts";

/** `sluice lint --cluster` on a real API server, for people with and without rights: alice may list and nothing else. The tests build on each other. */

const cli = fileURLToPath(new URL("../../../src/cli.ts", import.meta.url));
let lab: Lab;

beforeAll(async () => {
  lab = await startLab({ workloads: false, mesh: false, prometheus: false, index: 3 });
  await lab.admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
});
afterAll(() => lab.stop());

async function lint(user: UserName, ...args: string[]) {
  const all = [cli, "lint", "--cluster", ...args, "--kubeconfig", lab.kubeconfig(user)];
  const child = spawn(process.execPath, all, { stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: code as number, out, err };
}

async function apply(...objects: KubeObject[]): Promise<void> {
  for (const object of objects) await lab.admin.apply(object);
}

/** Gives alice the right to list, in the whole cluster or in one namespace. */
async function mayList(name: string, group: string, resources: string[], namespace?: string): Promise<void> {
  const rbac = "rbac.authorization.k8s.io";
  const scoped = namespace === undefined ? {} : { namespace };
  const prefix = namespace === undefined ? "Cluster" : "";
  await apply(
    {
      apiVersion: `${rbac}/v1`,
      kind: `${prefix}Role`,
      metadata: { name, ...scoped },
      rules: [{ apiGroups: [group], resources, verbs: ["list"] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: `${prefix}RoleBinding`,
      metadata: { name, ...scoped },
      roleRef: { apiGroup: rbac, kind: `${prefix}Role`, name },
      subjects: [{ apiGroup: rbac, kind: "User", name: "alice" }],
    },
  );
}

test("a cluster without Sluice is told of, with what to install", async () => {
  const { code, out, err } = await lint("admin", "-n", "shop");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/does not know Rollouts: .*\nInstall them: /);
});

test("one without a Rollout is no cluster in order", async () => {
  await applyCrds(lab.admin, allCrds() as unknown as KubeObject[]);
  await until("Rollouts are served", async () => (await lint("admin", "-n", "shop")).code === 2);
  expect(await lint("admin", "-n", "shop")).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringMatching(
      /there are no Rollouts in namespace shop: nothing was looked at\nLook in all of them:/,
    ) as unknown,
  });
});

test("without Istio's kinds the rest is looked at, and the exit code says that it was not all", async () => {
  await apply(bases.rollout(), bases.deployment(), bases.service());
  const { code, out } = await lint("admin", "-n", "shop");
  expect(out).toMatch(
    /^VirtualService warning not-read: the cluster at \S+ does not serve the kind VirtualService of networking\.istio\.io/m,
  );
  expect(out).toMatch(/^Rollout shop\/checkout warning route-exists: VirtualService shop\/checkout could not be read/m);
  expect(out).toMatch(/1 Rollout in namespace shop: 0 errors, \d+ warnings\n$/);
  expect(code).toBe(3);
});

test("a shop in order passes", async () => {
  const crds = JSON.parse(await readFile(await crdFile("istio-crds", sayOnStderr), "utf8")) as KubeObject[];
  await applyCrds(lab.admin, crds);
  await until("Istio's kinds are served", async () => (await lint("admin", "-n", "shop")).code === 1);
  await apply(
    bases.virtualService(),
    bases.destinationRule(),
    bases.gateway(),
    bases.authorizationPolicy(),
    bases.peerAuthentication(),
  );
  const inOrder = { code: 0, out: "1 Rollout in namespace shop: 0 errors, 0 warnings\n", err: "" };
  expect(await lint("admin", "-n", "shop")).toEqual(inOrder);
  expect(await lint("admin", "-A")).toEqual({
    ...inOrder,
    out: inOrder.out.replace("namespace shop", "all namespaces"),
  });
});

test("what is wrong is named, in the shop's namespace and in others that matter to it", async () => {
  const policy = bases.authorizationPolicy();
  const strict = { principals: ["spiffe://cluster.local/ns/web/sa/frontend"] };
  await apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "web" } },
    {
      ...policy,
      metadata: { ...policy.metadata, name: "frontend" },
      spec: { rules: [{ from: [{ source: strict }] }] },
    },
    {
      ...bases.destinationRule(),
      metadata: { name: "theirs", namespace: "web" },
      spec: { host: "checkout.shop.svc.cluster.local" },
    },
  );
  const { code, out } = await lint("admin", "-n", "shop");
  expect(code).toBe(1);
  expect(out).toMatch(/^AuthorizationPolicy shop\/frontend error principal-syntax: /m);
  expect(out).toMatch(/error subset-defined: DestinationRule web\/theirs .* is what clients in namespace web go by/);
  const sarif = await lint("admin", "-n", "shop", "-o", "sarif");
  expect(JSON.parse(sarif.out)).toMatchObject({ version: "2.1.0" });
});

test("somebody without the right to Rollouts is told which rule to ask for", async () => {
  const { code, out, err } = await lint("alice", "-n", "shop");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/alice may not list rollouts\.sluice\.dev in namespace shop\nAsk for this rule in a role: /);
});

test("what somebody may not read is said, kind by kind, and the rest is looked at", async () => {
  await mayList("rollouts", "sluice.dev", ["rollouts", "rolloutpolicies"], "shop");
  await mayList("routes", "networking.istio.io", ["virtualservices"], "shop");
  const { code, out } = await until("alice may list Rollouts", async () => {
    const typed = await lint("alice", "-n", "shop");
    return typed.err === "" ? typed : undefined;
  });
  expect(out).toContain(
    "VirtualService warning not-read: alice may not list virtualservices.networking.istio.io in the whole cluster: only what namespace shop has of it is looked at.",
  );
  expect(out).toContain(
    "AuthorizationPolicy warning not-read: alice may not list authorizationpolicies.security.istio.io in namespace shop: it is not looked at.",
  );
  expect(out).toContain("resources: [authorizationpolicies], verbs: [list]}");
  // What was wrong above she may not see: nothing to mend was found, but not all was looked at.
  expect(out).not.toContain("principal-syntax");
  expect(code).toBe(3);
});
