import { describe, expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import { deployment, destinationRule, said, service, world } from "./fixture.ts";
import { inboundAuthzCoversCanary } from "./inbound-authz-covers-canary.ts";
import { mtlsClientConflict } from "./mtls-client-conflict.ts";
import { peerAuthParity } from "./peerauth-parity.ts";

const security = (kind: string, name: string, spec: unknown, namespace = "shop"): KubeObject => ({
  apiVersion: "security.istio.io/v1",
  kind,
  metadata: { name, namespace },
  spec,
});
const peers = (name: string, spec: unknown, namespace?: string) =>
  security("PeerAuthentication", name, spec, namespace);
const strict = { mtls: { mode: "STRICT" } };
const forCheckout = { selector: { matchLabels: { app: "checkout" } } };

describe("mtls-client-conflict", () => {
  const run = (trafficPolicy: unknown, ...peerAuthentications: KubeObject[]) =>
    said(
      mtlsClientConflict.run(
        world({
          destinationRules: [destinationRule("checkout", { host: "checkout", trafficPolicy })],
          peerAuthentications,
        }),
      ),
    );
  const off = { tls: { mode: "DISABLE" } };
  const mutual = { tls: { mode: "ISTIO_MUTUAL" } };

  test("tells of callers without TLS where the pods ask for it, whoever says so", () => {
    const conflict = (who: string) => [
      `fail: DestinationRule shop/checkout spec.trafficPolicy.tls.mode is DISABLE, but the pods ask for STRICT on port 80 (PeerAuthentication ${who} spec.mtls.mode).`,
    ];
    expect(run(off, peers("own", { ...forCheckout, ...strict }))).toEqual(conflict("shop/own"));
    expect(run(off, peers("all", strict))).toEqual(conflict("shop/all"));
    expect(run(off, peers("mesh", strict, "istio-system"))).toEqual(conflict("istio-system/mesh"));
  });

  test("tells of callers with the mesh's TLS where the pods know none", () => {
    expect(run(mutual, peers("own", { ...forCheckout, mtls: { mode: "DISABLE" } }))).toEqual([
      expect.stringMatching(/tls\.mode is ISTIO_MUTUAL, but the pods ask for DISABLE/),
    ]);
  });

  test("goes by the workload's own before its namespace's and the mesh's, and by no other workload's", () => {
    const permissive = { mtls: { mode: "PERMISSIVE" } };
    expect(run(off, peers("own", { ...forCheckout, ...permissive }), peers("all", strict))).toEqual([]);
    expect(run(off, peers("all", permissive), peers("mesh", strict, "istio-system"))).toEqual([]);
    expect(run(off, peers("other", { selector: { matchLabels: { app: "ledger" } }, ...strict }))).toEqual([]);
    expect(run(off, peers("own", { ...forCheckout, mtls: { mode: "UNSET" } }), peers("all", strict))).toHaveLength(1);
  });

  test("passes no opinion, the mesh's own TLS, and pods that take either", () => {
    expect(run({ loadBalancer: { simple: "RANDOM" } }, peers("all", strict))).toEqual([]);
    expect(run(mutual, peers("all", strict))).toEqual([]);
    expect(run(off)).toEqual([]);
  });

  test("looks at the port of the pods that the Service's port leads to", () => {
    const ports = (targetPort: number | string) => [
      service("checkout", { selector: { app: "checkout" }, ports: [{ name: "http", port: 80, targetPort }] }),
    ];
    const own = peers("own", { ...forCheckout, ...strict, portLevelMtls: { "8080": { mode: "DISABLE" } } });
    const at = (targetPort: number | string) =>
      said(
        mtlsClientConflict.run(
          world({
            services: ports(targetPort),
            destinationRules: [destinationRule("checkout", { host: "checkout", trafficPolicy: mutual })],
            peerAuthentications: [own],
          }),
        ),
      );
    expect(at(8080)).toEqual([
      expect.stringMatching(
        /asks? for DISABLE on port 80 \(PeerAuthentication shop\/own spec\.portLevelMtls\.8080\.mode\)/,
      ),
    ]);
    expect(at(9090)).toEqual([]);
    expect(at("web")).toEqual([]);
  });

  test("a port's own settings count in place of the wider ones, and forget their TLS", () => {
    const portLevelSettings = [{ port: { number: 80 }, tls: { mode: "ISTIO_MUTUAL" } }];
    expect(run({ ...off, portLevelSettings }, peers("all", strict))).toEqual([]);
    const without = [{ port: { number: 80 }, loadBalancer: { simple: "RANDOM" } }];
    expect(run({ ...mutual, portLevelSettings: without }, peers("all", strict))).toEqual([
      expect.stringMatching(
        /^warn: .*portLevelSettings\[0\] says nothing of TLS, so spec\.trafficPolicy\.tls does not count for port 80/,
      ),
    ]);
  });
});

describe.each([
  ["AuthorizationPolicy", inboundAuthzCoversCanary, "authorizationPolicies"],
  ["PeerAuthentication", peerAuthParity, "peerAuthentications"],
] as const)("%s for the candidate", (kind, check, member) => {
  const run = (matchLabels: Record<string, string>, changes = {}) =>
    said(check.run(world({ [member]: [security(kind, "checkout", { selector: { matchLabels } })], ...changes })));

  test("passes one for all versions, one for others, and one for everybody", () => {
    expect(run({ app: "checkout" })).toEqual([]);
    expect(run({ app: "ledger", version: "v2" })).toEqual([]);
    expect(run({})).toEqual([]);
  });

  test("tells of one for another version than the candidate's", () => {
    expect(run({ app: "checkout", version: "v0" })).toEqual([
      `fail: ${kind} shop/checkout spec.selector asks for version=v0, and the candidate's pods carry version=v1 (spec.template of Deployment shop/checkout): it is not for them.`,
    ]);
  });

  test("warns of one that the next version may leave", () => {
    expect(run({ app: "checkout", version: "v1" })).toEqual([
      expect.stringMatching(
        /^warn: .* asks for version=v1, which neither the Service nor the Deployment's selector asks for/,
      ),
    ]);
  });

  test("passes one that another Deployment's pods carry", () => {
    const other = deployment("checkout-batch", {
      template: { metadata: { labels: { app: "checkout", version: "v0" } } },
    });
    expect(run({ app: "checkout", version: "v0" }, { deployments: [deployment(), other] })).toEqual([]);
  });
});
