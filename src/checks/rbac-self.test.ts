import { expect, test } from "vitest";
import { said, without, world } from "./fixture.ts";
import { rbacSelf } from "./rbac-self.ts";
import type { AccessFacts } from "./types.ts";

const denied = (verb: string, group: string, resource: string, namespace?: string): AccessFacts => ({
  verb,
  group,
  resource,
  ...(namespace === undefined ? {} : { namespace }),
  allowed: false,
});

test("exactly the rights that are missing are listed, one finding a namespace, with the rule to add", () => {
  const access = [
    denied("patch", "networking.istio.io", "virtualservices", "web"),
    { ...denied("get", "networking.istio.io", "virtualservices", "web"), allowed: true },
    denied("create", "apps", "deployments", "shop"),
    denied("delete", "apps", "deployments", "shop"),
    denied("create", "", "podtemplates", "shop"),
  ];
  const findings = rbacSelf.run(world({ access }));
  expect(said(findings)).toEqual([
    "fail: The controller may not, in namespace web: patch virtualservices.networking.istio.io.",
    "fail: The controller may not, in namespace shop: create and delete deployments.apps; create podtemplates.",
  ]);
  expect(findings[1]?.remedy).toContain('- {apiGroups: ["apps"], resources: ["deployments"], verbs: [create, delete]}');
  expect(findings[1]?.remedy).toContain('- {apiGroups: [""], resources: ["podtemplates"], verbs: [create]}');
});

test("what is missing everywhere needs a ClusterRole", () => {
  const [finding] = rbacSelf.run(world({ access: [denied("watch", "apps", "replicasets")] }));
  expect(finding?.message).toContain("in the whole cluster: watch replicasets.apps");
  expect(finding?.remedy).toContain("ClusterRole");
});

test("rights that were not looked up are said", () => {
  expect(said(rbacSelf.run(without(world(), "access")))).toEqual([expect.stringMatching(/^warn: .*not looked up/)]);
});
