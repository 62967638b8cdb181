import { describe, expect, test } from "vitest";
import { rollout, routed, said, service, world } from "./fixture.ts";
import { portProtocol } from "./port-protocol.ts";

const withPorts = (...ports: Record<string, unknown>[]) => ({
  services: [service("checkout", { selector: { app: "checkout" }, ports })],
});
const run = (...args: Parameters<typeof world>) => said(portProtocol.run(world(...args)));
const asking = (port: number) => rollout({ traffic: { port, istio: { virtualServices: [{ name: "checkout" }] } } });

test.each([
  { name: "http" },
  { name: "http2-api" },
  { name: "grpc" },
  { name: "grpc-web-ui" },
  { name: "HTTP-main" },
  { name: "web", appProtocol: "http" },
  { appProtocol: "grpc-web" },
  { appProtocol: "kubernetes.io/h2c" },
])("%o is HTTP", (port) => {
  expect(run(withPorts({ port: 80, ...port }))).toEqual([]);
});

test.each([
  {},
  { name: "web" },
  { name: "https" },
  { name: "httpx" },
  { name: "tcp-http" },
  { name: "http", appProtocol: "tcp" },
  { name: "http", protocol: "UDP" },
])("%o is not", (port) => {
  expect(run(withPorts({ port: 80, ...port }))).toEqual([
    expect.stringMatching(/^fail: Port 80.* is not declared as HTTP/),
  ]);
});

describe("a Service of several ports", () => {
  const several = withPorts({ port: 9090, name: "tcp-metrics" }, { port: 80, name: "http" });

  test("needs spec.traffic.port", () => {
    const [finding] = portProtocol.run(world(several));
    expect(finding?.message).toContain(
      "has 2 ports, 9090 (tcp-metrics) and 80 (http), and spec.traffic.port does not say",
    );
    expect(finding?.remedy).toContain("port: 80");
  });

  test("needs the port in each destination", () => {
    expect(run({ ...several, rollout: asking(80) })).toEqual([
      expect.stringContaining('spec.http[0] "main" route[0].destination.port is missing'),
    ]);
    const to = (number: number) => routed({ route: [{ destination: { host: "checkout", port: { number } } }] });
    expect(run({ ...several, rollout: asking(80), virtualServices: [to(80)] })).toEqual([]);
    expect(run({ ...several, rollout: asking(80), virtualServices: [to(9090)] })).toEqual([
      expect.stringContaining("is 9090, but users call port 80"),
    ]);
  });

  test("must have the port that is asked for", () => {
    expect(run({ ...several, rollout: asking(81) })).toEqual([
      expect.stringContaining("has no port 81 (spec.traffic.port)"),
    ]);
  });
});

test("a Service that is not there fails", () => {
  expect(run({ services: [] })).toEqual([expect.stringContaining("Service shop/checkout does not exist")]);
});
