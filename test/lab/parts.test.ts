import { expect, test } from "vitest";
import { startLab } from "./lab.ts";
import { createShop } from "./namespace.ts";
import { until } from "./wait.ts";

// A lab of its own: the one that other tests share must not lose its apiserver.
test("the cluster goes on after etcd, the apiserver and the controller manager were killed", async () => {
  await using lab = await startLab({ index: 1, mesh: false, prometheus: false });
  const shop = await createShop(lab, { replicas: 2 });
  for (const name of ["etcd", "apiserver", "controller-manager"] as const) {
    await lab.part(name).kill();
    await lab.part(name).start();
  }
  await lab.admin.mergePatch(shop.deployment, { spec: { replicas: 4 } });
  await shop.waitForRollout();
  expect((await lab.kubelet.pods(shop.namespace)).map(({ ready }) => ready)).toEqual([true, true, true, true]);
}, 60_000);

test("an apiserver without MutatingAdmissionPolicy does not serve the kind", async () => {
  const alone = { workloads: false, mesh: false, prometheus: false };
  await using lab = await startLab({ index: 1, ...alone, mutatingAdmissionPolicy: false });
  const group = await lab.admin.call<{ resources: { name: string }[] }>("GET", "/apis/admissionregistration.k8s.io/v1");
  const names = group.resources.map(({ name }) => name);
  expect(names).toContain("validatingadmissionpolicies");
  expect(names).not.toContain("mutatingadmissionpolicies");
}, 60_000);

test("a part that cannot start says why, with the end of its log, and leaves nothing behind", async () => {
  const alone = { index: 1, workloads: false, mesh: false, prometheus: false };
  await expect(startLab({ ...alone, apiserverArgs: ["--no-such-flag"] })).rejects.toThrow(
    /unknown flag: --no-such-flag/,
  );
  await until("the ports are free again", async () => {
    await using lab = await startLab(alone);
    return lab.info.index === 1;
  });
}, 60_000);
