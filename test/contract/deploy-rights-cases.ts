import { describe, expect, test } from "vitest";
import type { DeployLab } from "./deploy-lab.ts";

/** What the controller's service account may do: what it needs, and no more. */
export function rightsCases(open: () => DeployLab): void {
  describe("the controller's rights", () => {
    /** Verbs by resource, as the controller uses them. */
    const needed: Record<string, string> = {
      "rollouts.sluice.dev": "get list watch patch",
      "rollouts.sluice.dev/status": "update",
      "rolloutruns.sluice.dev": "get list watch create patch delete",
      "rolloutruns.sluice.dev/status": "update",
      "rolloutpolicies.sluice.dev": "get list watch",
      "clusterrolloutpolicies.sluice.dev": "get list watch",
      namespaces: "get list watch",
      "deployments.apps": "get list watch create patch delete",
      "replicasets.apps": "get list watch patch",
      pods: "get list watch",
      services: "get list watch",
      podtemplates: "get list watch create update delete",
      "horizontalpodautoscalers.autoscaling": "get list watch patch",
      "scaledobjects.keda.sh": "get list watch patch",
      "virtualservices.networking.istio.io": "get list watch patch",
      "destinationrules.networking.istio.io": "get list watch create patch delete",
      resourcequotas: "list",
      limitranges: "list",
      "ingresses.networking.k8s.io": "list",
      "httproutes.gateway.networking.k8s.io": "list",
      "events.events.k8s.io": "create",
      "selfsubjectaccessreviews.authorization.k8s.io": "create",
    };
    const denied: Record<string, string> = {
      secrets: "get list watch create",
      configmaps: "get list",
      pods: "create delete patch",
      "pods/exec": "create",
      serviceaccounts: "create",
      "rollouts.sluice.dev": "create update delete",
      "rolloutpolicies.sluice.dev": "create update patch delete",
      "clusterrolloutpolicies.sluice.dev": "create update patch delete",
      namespaces: "create update patch delete",
      "deployments.apps": "update",
      services: "create update patch delete",
      "virtualservices.networking.istio.io": "create update delete",
      "clusterroles.rbac.authorization.k8s.io": "get create bind escalate",
      "mutatingadmissionpolicies.admissionregistration.k8s.io": "list update delete",
    };
    const rows = (table: Record<string, string>) =>
      Object.entries(table).flatMap(([resource, verbs]) => verbs.split(" ").map((verb) => [verb, resource]));

    test("cover what it does, and no more", async () => {
      const { may } = open();
      const refused = await Promise.all(
        rows(needed).map(async ([verb = "", resource = ""]) =>
          (await may(verb, resource)) ? [] : [`${verb} ${resource}`],
        ),
      );
      expect(refused.flat()).toEqual([]);
      const allowed = await Promise.all(
        rows(denied).map(async ([verb = "", resource = ""]) =>
          (await may(verb, resource)) ? [`${verb} ${resource}`] : [],
        ),
      );
      expect(allowed.flat()).toEqual([]);
    });

    test("include the Lease and the hold policy by name only", async () => {
      const { may } = open();
      expect(await may("update", "leases.coordination.k8s.io", { namespace: "sluice-system", name: "sluice" })).toBe(
        true,
      );
      expect(await may("update", "leases.coordination.k8s.io", { namespace: "sluice-system", name: "other" })).toBe(
        false,
      );
      expect(await may("create", "leases.coordination.k8s.io", { namespace: "kube-system" })).toBe(false);
      expect(await may("get", "mutatingadmissionpolicies.admissionregistration.k8s.io", { name: "sluice-hold" })).toBe(
        true,
      );
      expect(await may("get", "mutatingadmissionpolicies.admissionregistration.k8s.io", { name: "other" })).toBe(false);
    });

    test("include the Secrets of notifications by name only, in the controller's own namespace", async () => {
      const { may } = open();
      const here = { namespace: "sluice-system" };
      expect(await may("get", "secrets", { ...here, name: "sluice-slack" })).toBe(true);
      expect(await may("get", "secrets", { ...here, name: "other" })).toBe(false);
      expect(await may("list", "secrets", here)).toBe(false);
      expect(await may("get", "secrets", { namespace: "shop", name: "sluice-slack" })).toBe(false);
    });

    test("are written without a wildcard", async () => {
      const { rendered } = open();
      const roles = (await rendered("deploy")).filter(({ kind }) => kind.endsWith("Role"));
      expect(roles.length).toBeGreaterThan(3);
      expect(JSON.stringify(roles.map((role) => role["rules"]))).not.toContain('"*"');
    });
  });
}
