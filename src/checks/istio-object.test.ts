import { expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import { destinationRule, plainRoute, routed, said } from "./fixture.ts";
import { istioObject } from "./istio-object.ts";

// What Istio takes and refuses is asked of Istio's own code in test/contract/lint. Here: how it is told.

const peerAuthentication = (spec: unknown): KubeObject => ({
  apiVersion: "security.istio.io/v1",
  kind: "PeerAuthentication",
  metadata: { name: "checkout", namespace: "shop" },
  spec,
});

test("has nothing to say of an object in order, and of other kinds", () => {
  expect(istioObject.run(routed(plainRoute))).toEqual([]);
  const gateway = { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway", metadata: { name: "edge" }, spec: {} };
  expect(istioObject.run(gateway)).toEqual([]);
});

test.each<[string, KubeObject, string]>([
  [
    "names the field that was meant",
    routed({ ...plainRoute, timout: "3s" }),
    'fail: VirtualService shop/checkout spec.http[0].timout: there is no field "timout"; did you mean "timeout"?',
  ],
  [
    "names the field that was meant in an object that a name leads to",
    routed({ ...plainRoute, match: [{ headers: { "x-team": { exakt: "shop" } } }] }),
    'fail: VirtualService shop/checkout spec.http[0].match[0].headers.x-team.exakt: there is no field "exakt"; did you mean "exact"?',
  ],
  [
    "shows the value",
    routed({ ...plainRoute, timeout: "0s" }),
    'fail: VirtualService shop/checkout spec.http[0].timeout: expected a duration of whole milliseconds, such as 500ms or 2s, got "0s".',
  ],
  [
    "says what is missing",
    destinationRule("checkout", { host: "checkout", trafficPolicy: { tls: { mode: "MUTUAL", privateKey: "/key" } } }),
    "fail: DestinationRule shop/checkout spec.trafficPolicy.tls.clientCertificate: missing: MUTUAL needs it, or credentialName.",
  ],
  [
    "says what it would take",
    peerAuthentication({ mtls: { mode: "strict" } }),
    'fail: PeerAuthentication shop/checkout spec.mtls.mode: expected one of UNSET, DISABLE, PERMISSIVE, STRICT (did you mean STRICT?), got "strict".',
  ],
])("%s", (_, object, message) => {
  const told = said(istioObject.run(object));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(message);
});

test("tells of each thing that is wrong, with its place", () => {
  const rule = destinationRule("checkout", {
    host: "checkout",
    subsets: [{ name: "a.b" }, { name: "a.b", labels: { app: 1 } }],
  });
  expect(istioObject.run(rule).map(({ place }) => place?.path)).toEqual([
    "spec.subsets[0].name",
    "spec.subsets[1].name",
    "spec.subsets[1].labels.app",
  ]);
});
