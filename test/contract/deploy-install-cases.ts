import { describe, expect, test } from "vitest";
import { pods } from "../../src/kube/resources.ts";
import { kubectl } from "../lab/kubectl.ts";
import { type DeployLab, root } from "./deploy-lab.ts";

/** What is installed, and how. */
export function installCases(open: () => DeployLab): void {
  describe("what deploy/ installs", () => {
    test("all of its variants can be rendered, and only the oldest goes without the mutating policies", async () => {
      const { rendered } = open();
      const kinds = async (folder: string) =>
        (await rendered(folder)).map(({ apiVersion, kind }) => `${apiVersion} ${kind}`);
      expect(await kinds("deploy")).toContain("admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding");
      const beta = await kinds("deploy/variants/kubernetes-1.34");
      expect(beta.filter((kind) => kind.includes("Mutating"))).toEqual(
        expect.arrayContaining([
          "admissionregistration.k8s.io/v1beta1 MutatingAdmissionPolicy",
          "admissionregistration.k8s.io/v1beta1 MutatingAdmissionPolicyBinding",
        ]),
      );
      expect(beta.filter((kind) => kind.startsWith("admissionregistration.k8s.io/v1 Mutating"))).toEqual([]);
      const old = await kinds("deploy/variants/kubernetes-1.30");
      expect(old.filter((kind) => kind.includes("Mutating"))).toEqual([]);
      expect(old).toContain("admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy");
    });

    test("alerts may stop runs only where that variant is installed", async () => {
      const { rendered } = open();
      const text = async (folder: string) => JSON.stringify(await rendered(folder));
      expect(await text("deploy")).not.toContain("--alerts-token-file");
      const variant = await text("deploy/variants/alerts");
      expect(variant).toContain('"--alerts-token-file","/var/run/secrets/sluice-alerts/token"');
      expect(variant).toContain('"verbs":["pause","abort"]');
    });

    test("a server that serves the policies as v1beta1 takes that variant", async () => {
      const { lab } = open();
      const args = [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--dry-run=server",
        "-k",
        `${root}/deploy/variants/kubernetes-1.34`,
      ];
      expect(await kubectl(lab, args)).toContain("mutatingadmissionpolicy.admissionregistration.k8s.io/sluice-hold");
    });

    test("the controller's pods pass the restricted pod security that its namespace enforces", async () => {
      const { rendered, clientOf } = open();
      const [controller] = (await rendered("deploy")).filter(({ kind }) => kind === "Deployment");
      const { template } = (controller?.["spec"] ?? {}) as { template: { spec: object } };
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "probe", namespace: "sluice-system" },
        spec: template.spec,
      };
      const admin = clientOf("admin");
      await expect(admin.create(pods, pod, { dryRun: true })).resolves.toMatchObject({ kind: "Pod" });
      const loose = { ...pod, spec: { ...template.spec, hostNetwork: true } };
      await expect(admin.create(pods, loose, { dryRun: true })).rejects.toMatchObject({ code: 403 });
      await admin.close();
    });

    test("roles for people are part of Kubernetes' own", async () => {
      const { lab } = open();
      const labelOf = async (name: string) =>
        Object.keys(
          (await lab.admin.get({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name })).metadata
            .labels ?? {},
        );
      expect(await labelOf("sluice-view")).toContain("rbac.authorization.k8s.io/aggregate-to-view");
      expect(await labelOf("sluice-edit")).toContain("rbac.authorization.k8s.io/aggregate-to-edit");
      expect(await labelOf("sluice-operator")).toContain("rbac.authorization.k8s.io/aggregate-to-admin");
    });
  });
}
