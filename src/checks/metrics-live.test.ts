import { expect, test } from "vitest";
import { said, without, world } from "./fixture.ts";
import { metricsLive } from "./metrics-live.ts";
import type { MetricsFacts } from "./types.ts";

const run = (metrics: MetricsFacts) => said(metricsLive.run(world({ metrics })));

test("series with requests pass", () => {
  expect(run({ kind: "samples", stableSeries: 1, requests: 100 })).toEqual([]);
});

test("no series at all fails, with the series that were looked for and what a quiet service can do", () => {
  const [finding] = metricsLive.run(world({ metrics: { kind: "samples", stableSeries: 0, requests: 0 } }));
  expect(finding?.severity).toBe("fail");
  expect(finding?.message).toContain(
    'istio_requests_total{destination_service="checkout.shop.svc.cluster.local",destination_workload="checkout",reporter="destination"}',
  );
  expect(finding?.remedy).toContain("send the Service one request");
});

test("a server that does not answer fails with its own words", () => {
  expect(run({ kind: "error", message: 'no server is named "default".' })).toEqual([
    'fail: Prometheus "default" (spec.analysis.prometheus.name) gave no answer that can be used: no server is named "default".',
  ]);
});

test("a service that is quiet right now is only a warning: it must not be blocked for ever", () => {
  expect(run({ kind: "samples", stableSeries: 4, requests: 0 })).toEqual([
    expect.stringMatching(/^warn: .*counted 0 requests to shop\/checkout of late, and a step needs 100/),
  ]);
});

test("not having asked is said", () => {
  expect(said(metricsLive.run(without(world(), "metrics")))).toEqual([expect.stringMatching(/^warn: .*was not asked/)]);
});
