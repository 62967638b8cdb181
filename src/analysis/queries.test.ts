import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketFor, istioBucketsMs, latencyQuery, parseQuery, requestsQuery } from "./queries.ts";

describe("the bucket for a latency limit", () => {
  test.each([
    { maxMs: 500, bucketMs: 500, exact: true },
    { maxMs: 0.5, bucketMs: 0.5, exact: true },
    { maxMs: 700, bucketMs: 500, exact: false },
    { maxMs: 999, bucketMs: 500, exact: false },
    { maxMs: 0.1, bucketMs: 0.5, exact: false },
    { maxMs: 9_000_000, bucketMs: 3_600_000, exact: false },
  ])("of $maxMs ms is $bucketMs ms", ({ maxMs, bucketMs, exact }) => {
    expect(bucketFor(maxMs)).toEqual({ bucketMs, exact });
  });

  test("is never laxer than what was asked, down to the smallest bucket", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 4e6, noNaN: true }), (maxMs) => {
        const { bucketMs, exact } = bucketFor(maxMs);
        expect(bucketMs).toBeLessThanOrEqual(maxMs);
        expect(istioBucketsMs).toContain(bucketMs);
        expect(exact).toBe(bucketMs === maxMs);
      }),
    );
  });
});

describe("the queries", () => {
  test("ask for raw counters of all services at once", () => {
    expect(requestsQuery(["b.shop.svc.cluster.local", "a.shop.svc.cluster.local", "a.shop.svc.cluster.local"])).toBe(
      "sum by (reporter, job, instance, namespace, pod, destination_service, destination_workload, destination_workload_namespace, destination_version, response_code, response_flags, grpc_response_status)" +
        ' (istio_requests_total{destination_service=~"a\\\\.shop\\\\.svc\\\\.cluster\\\\.local|b\\\\.shop\\\\.svc\\\\.cluster\\\\.local"})',
    );
  });

  test("accept a bucket's bound as Prometheus 2 and as Prometheus 3 write it", () => {
    expect(latencyQuery(["a.b"], [500, 0.5])).toContain('le=~"0\\\\.5|500(\\\\.0)?"');
  });

  test("cannot be broken out of by a name", () => {
    expect(requestsQuery(['a"} or {b="'])).toContain('destination_service=~"a\\"\\\\} or \\\\{b=\\""');
  });

  test("can be read back by whoever answers them", () => {
    const host = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}(\.[a-z]{1,6}){0,3}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(host, { minLength: 1 }),
        fc.uniqueArray(fc.constantFrom(...istioBucketsMs), { minLength: 1 }),
        (hosts, bounds) => {
          const sortedHosts = hosts.toSorted();
          const sortedBounds = bounds.toSorted((a, b) => a - b);
          expect(parseQuery(requestsQuery(hosts))).toEqual({ template: "requests", hosts: sortedHosts, boundsMs: [] });
          expect(parseQuery(latencyQuery(hosts, bounds))).toEqual({
            template: "latency",
            hosts: sortedHosts,
            boundsMs: sortedBounds,
          });
        },
      ),
    );
    expect(parseQuery("up")).toBeUndefined();
  });
});
