import { expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import { HOST, plainRoute, said, virtualService, world } from "./fixture.ts";
import { routeUnique } from "./route-unique.ts";

const ours = virtualService("checkout", { hosts: ["checkout"], http: [plainRoute] });
const other = (spec: Record<string, unknown>, creationTimestamp: string) =>
  virtualService("legacy", { http: [plainRoute], ...spec }, { namespace: "web", creationTimestamp });
const run = (...others: KubeObject[]) => said(routeUnique.run(world({ virtualServices: [ours, ...others] })));

test("an older VirtualService with the same host on the mesh fails, named with its age", () => {
  expect(run(other({ hosts: [HOST] }, "2026-01-01T00:00:00Z"))).toEqual([
    expect.stringMatching(
      /^fail: VirtualService shop\/checkout is ignored .* VirtualService web\/legacy, made 2026-01-01T00:00:00Z/,
    ),
  ]);
});

test("of one second, the one whose name sorts first counts as older", () => {
  expect(run(other({ hosts: [HOST] }, "2026-01-02T00:00:00Z"))).toEqual([]);
  const first = virtualService("a", { hosts: [HOST], http: [plainRoute] });
  expect(run(first)).toHaveLength(1);
});

test.each([
  ["younger", { hosts: [HOST] }, "2026-01-03T00:00:00Z"],
  ["bound to a gateway only", { hosts: [HOST], gateways: ["edge"] }, "2026-01-01T00:00:00Z"],
  ["for another namespace's Service of that name", { hosts: ["checkout"] }, "2026-01-01T00:00:00Z"],
])("one that is %s does not matter", (_, spec, created) => {
  expect(run(other(spec, created))).toEqual([]);
});

test("in files, where nothing has an age, two with one host fail whichever is named", () => {
  const inFile = (object: KubeObject): KubeObject => {
    const { creationTimestamp: _, ...metadata } = object.metadata;
    return { ...object, metadata };
  };
  const virtualServices = [inFile(ours), inFile(other({ hosts: [HOST] }, ""))];
  expect(said(routeUnique.run(world({ virtualServices })))).toEqual([
    "fail: VirtualServices shop/checkout and web/legacy both have host checkout.shop.svc.cluster.local on the mesh, which goes by the older of them alone.",
  ]);
  expect(
    said(routeUnique.run(world({ virtualServices: [inFile(ours), inFile(other({ hosts: ["a.com"] }, ""))] }))),
  ).toEqual([]);
});
