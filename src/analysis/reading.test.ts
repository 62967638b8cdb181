import { describe, expect, test } from "vitest";
import { target as errorsTarget } from "./judging.test-helper.ts";
import { byService, readingFrom, type Sample } from "./reading.ts";
import type { AnalysisTarget } from "./types.ts";

const target: AnalysisTarget = {
  ...errorsTarget,
  objectives: [
    ...errorsTarget.objectives,
    { name: "latency", kind: "latency", limitFraction: 0.05, bucketMs: 500, maxMs: 500, onBreach: "Pause" },
  ],
};

/** A sample of the candidate's pod as its own proxy reports it, unless `labels` say otherwise. */
function sample(value: number, labels: Record<string, string> = {}): Sample {
  return {
    value,
    labels: {
      reporter: "destination",
      job: "envoy",
      instance: "10.0.0.7:15090",
      destination_service: target.serviceHost,
      destination_workload: "checkout-7",
      destination_workload_namespace: "shop",
      destination_version: "v2",
      response_code: "200",
      ...labels,
    },
  };
}
const bucket = (value: number, le: string, labels: Record<string, string> = {}) => sample(value, { le, ...labels });
const samples = (...all: Sample[]) => ({ kind: "samples" as const, samples: all });
const read = (requests: Sample[], latency: Sample[] = []) =>
  readingFrom(target, 1000, samples(...requests), samples(...latency));

describe("whose requests they are", () => {
  test("the pods' own proxies are told apart by workload", () => {
    const { requests } = read([
      sample(10),
      sample(90, { destination_workload: "checkout", instance: "10.0.0.1:15090" }),
    ]);
    expect(requests.map(({ track, view, total, by }) => ({ track, view, total, by }))).toEqual([
      { track: "canary", view: "destination", total: 10, by: "workload" },
      { track: "stable", view: "destination", total: 90, by: "workload" },
    ]);
  });

  test.each(["", "unknown", undefined])(
    "a caller that names the subset and no workload (%j) counts for the subset",
    (workload) => {
      const subset = (name: string) => {
        const { labels } = sample(0, { reporter: "source", destination_version: name });
        const { destination_workload: _, ...rest } = labels as Record<string, string>;
        return { value: 5, labels: workload === undefined ? rest : { ...rest, destination_workload: workload } };
      };
      const { requests } = read([subset("canary"), subset("stable"), subset("v2")]);
      expect(requests.map(({ track, by }) => ({ track, by }))).toEqual([
        { track: "canary", by: "subset" },
        { track: "stable", by: "subset" },
      ]);
    },
  );

  test("a pod whose own version is called like a subset is not taken for it", () => {
    expect(
      read([sample(5, { reporter: "source", destination_workload: "other", destination_version: "canary" })]).requests,
    ).toEqual([]);
    expect(read([sample(5, { destination_workload: "unknown", destination_version: "canary" })]).requests).toEqual([]);
  });

  test("another service, another namespace and another reporter are ignored", () => {
    const { requests, instances } = read([
      sample(1, { destination_service: "other.shop.svc.cluster.local" }),
      sample(1, { destination_workload_namespace: "elsewhere" }),
      sample(1, { reporter: "waypoint" }),
    ]);
    expect(requests).toEqual([]);
    expect(instances).toEqual(["10.0.0.7:15090"]);
  });

  test("an answer about many services is split by service", () => {
    const other = sample(1, { destination_service: "other" });
    const split = byService([sample(1), other, sample(2)]);
    expect(split.get(target.serviceHost)?.map(({ value }) => value)).toEqual([1, 2]);
    expect(split.get("other")).toEqual([other]);
  });
});

describe("errors", () => {
  test.each([
    { labels: { response_code: "503" }, bad: 4 },
    { labels: { response_code: "404" }, bad: 0 },
    { labels: { response_code: "200", grpc_response_status: "14" }, bad: 4 },
    { labels: { response_code: "200", grpc_response_status: "5" }, bad: 0 },
    { labels: { response_code: "200", grpc_response_status: "0" }, bad: 0 },
    { labels: { response_code: "0" }, bad: 0 },
    { labels: { response_code: "0", reporter: "source" }, bad: 4 },
    { labels: { response_code: "0", reporter: "source", response_flags: "UF,URX" }, bad: 4 },
    { labels: { response_code: "0", reporter: "source", response_flags: "DC" }, bad: 0 },
  ])("of requests with $labels: $bad", ({ labels, bad }) => {
    const rows = read([
      sample(4, labels),
      sample(96, { reporter: labels.reporter ?? "destination", response_code: "201" }),
    ]).rows["errors"];
    expect(rows).toEqual([expect.objectContaining({ total: 100, bad })]);
  });
});

describe("latency", () => {
  test.each(["500", "500.0"])("slow is all but those in the bucket, written %j", (le) => {
    const { rows, unusable } = read([], [bucket(40, le), bucket(45, "1000.0"), sample(50)]);
    expect(unusable).toBeUndefined();
    expect(rows["latency"]).toEqual([expect.objectContaining({ track: "canary", total: 50, bad: 10 })]);
  });

  test("a histogram without the bucket makes latency unusable, and errors not", () => {
    const { rows, unusable } = read([sample(50)], [bucket(45, "1000"), sample(50)]);
    expect(rows["errors"]).toHaveLength(1);
    expect(rows["latency"]).toBeUndefined();
    expect(unusable).toEqual({ latency: expect.stringContaining('no latency bucket le="500"') });
  });

  test("a failed query makes its objectives unusable in its own words", () => {
    const failed = { kind: "failed" as const, message: "timeout: no answer within 5 s" };
    expect(readingFrom(target, 1000, samples(sample(5)), failed).unusable).toEqual({ latency: failed.message });
    expect(readingFrom(target, 1000, failed, samples()).unusable).toEqual({ errors: failed.message });
    expect(readingFrom(target, 1000, failed, samples())).toMatchObject({ requests: [], instances: [] });
  });
});

describe("samples that cannot be counts", () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1])(
    "%d makes the whole objective unusable",
    (value) => {
      const { rows, requests, unusable } = read([sample(100), sample(value, { response_code: "500" })]);
      expect(rows["errors"]).toBeUndefined();
      expect(requests).toEqual([]);
      expect(unusable?.["errors"]).toMatch(/10\.0\.0\.7:15090/);
    },
  );

  test("of another version do no harm", () => {
    expect(read([sample(100), sample(Number.NaN, { destination_workload: "other" })]).rows["errors"]).toHaveLength(1);
  });

  test("the same series twice is unusable", () => {
    expect(read([sample(100), sample(100)]).unusable?.["errors"]).toMatch(/twice in one answer/);
    expect(read([], [bucket(1, "500"), bucket(1, "500.0"), sample(1)]).unusable?.["latency"]).toMatch(
      /twice in one answer/,
    );
  });

  test("a proxy that two jobs scrape is unusable, also on two ports", () => {
    expect(read([sample(1), sample(1, { job: "istio-mesh" })]).unusable?.["errors"]).toMatch(/is scraped twice/);
    const pod = { namespace: "shop", pod: "checkout-7-abc" };
    const twice = read([sample(1, pod), sample(1, { ...pod, instance: "10.0.0.7:15020" })]);
    expect(twice.unusable?.["errors"]).toMatch(/shop\/checkout-7-abc is scraped twice/);
  });

  test("pods that one target reports stay apart by pod", () => {
    const of = (pod: string) => sample(1, { instance: "node-1", namespace: "shop", pod });
    expect(read([of("a"), of("b")]).requests.map(({ series }) => series)).toHaveLength(2);
  });
});
