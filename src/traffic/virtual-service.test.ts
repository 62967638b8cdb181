import { describe, expect, test } from "vitest";
import { applyPatches, TestFailed } from "./apply-patch.test-helper.ts";
import {
  destinationRule,
  objects,
  pinned,
  route,
  specOf,
  virtualService,
  weightsOf,
  written,
} from "./fixtures.test-helper.ts";
import { lowerPatches, recordAsFound, restoreRoutePatches, weightPatches } from "./istio.ts";

const rule = destinationRule({ subsets: [{ name: "stable" }, { name: "canary" }] });
const world = (...http: unknown[]) => objects([virtualService(http)], rule);
const httpOf = (state: ReturnType<typeof world>) => weightsOf(state.virtualServices[0]);

describe("weightPatches", () => {
  test("a plain route becomes split: host as written, port and headers of the found one on both", () => {
    const found = {
      destination: { host: "checkout", port: { number: 8000 } },
      headers: { request: { set: { a: "b" } } },
    };
    const before = world({ name: "main", timeout: "3s", route: [found] });
    const after = applyPatches(before, weightPatches(pinned(), before, 0));
    expect(after.virtualServices[0]?.["spec"]).toEqual({
      hosts: ["checkout"],
      http: [
        {
          name: "main",
          timeout: "3s",
          route: [
            { ...found, destination: { ...found.destination, subset: "stable" }, weight: 100 },
            { ...found, destination: { ...found.destination, subset: "canary" }, weight: 0 },
          ],
        },
      ],
    });
  });

  test("a split route changes its weights, whatever the order, and nothing when they say it already", () => {
    const before = world(route("main", ["canary"], ["stable", 100]));
    const after = applyPatches(before, weightPatches(pinned(), before, 0.5));
    expect(httpOf(after)).toEqual(["canary:5 stable:995"]);
    expect(weightPatches(pinned(), after, 0.5)).toEqual([]);
    expect(weightPatches(pinned(), before, 0)).toEqual([]);
  });

  test("weights that all are absent are written, since Istio refuses a sum of 0", () => {
    const before = world(route("main", ["stable"], ["canary"]));
    expect(httpOf(applyPatches(before, weightPatches(pinned(), before, 0)))).toEqual(["stable:100 canary:0"]);
  });

  test("all routes and objects are brought along; foreign ones, redirects and unmanaged ones are left", () => {
    const http = [{ redirect: {} }, route("a", [""]), route("x", ["stable", 1], ["canary", 1]), route("b", ["v1"])];
    const two = [
      { namespace: "shop", name: "checkout" },
      { namespace: "shop", name: "edge" },
    ];
    const before = objects([
      virtualService(http),
      virtualService([route("a", ["stable", 100], ["canary", 0])], "edge"),
    ]);
    const after = applyPatches(before, weightPatches(pinned(["a", "b"], two), before, 10));
    expect(httpOf(after)).toEqual(["", "stable:90 canary:10", "stable:1 canary:1", "v1:"]);
    expect(weightsOf(after.virtualServices[1])).toEqual(["stable:90 canary:10"]);
  });

  test("does nothing to an object that was made anew", () => {
    const before = world(route("main", [""]));
    const [pin] = pinned().istio.virtualServices;
    const other = { ...pinned(), istio: { ...pinned().istio, virtualServices: [{ ...pin!, uid: "old" }] } };
    expect(weightPatches(other, before, 10)).toEqual([]);
  });

  test.each([
    ["a weight was lowered meanwhile", world(route("main", ["stable", 100], ["canary", 0]))],
    ["a destination was added meanwhile", world(route("main", ["stable", 90], ["canary", 10], ["", 0, "cart"]))],
    ["the routes changed places", world(route("other", [""]), route("main", ["stable", 90], ["canary", 10]))],
  ])("fails its test when %s", (_, meanwhile) => {
    const before = world(route("main", ["stable", 90], ["canary", 10]));
    expect(() => applyPatches(written(meanwhile), weightPatches(pinned(["main"]), before, 30))).toThrow(TestFailed);
  });
});

test("no test compares text that people write: the API server escapes & and < in it, and the test would fail for good", () => {
  const headers = { request: { set: { "x-where": "a&b<c" } } };
  const before = world({ name: "main", headers, route: [{ destination: { host: "checkout" }, headers }] });
  const during = applyPatches(before, weightPatches(pinned(), before, 10));
  const patches = [
    ...weightPatches(pinned(), before, 10),
    ...weightPatches(pinned(), during, 20),
    ...lowerPatches(pinned(), during, 0),
    ...restoreRoutePatches(pinned(), during, recordAsFound(pinned(), before)),
  ];
  expect(patches).toHaveLength(4);
  for (const patch of patches) {
    if (patch.kind !== "patch") throw new Error("a VirtualService is only ever patched");
    expect(JSON.stringify(patch.operations.filter(({ op }) => op === "test"))).not.toContain("a&b");
  }
});

describe("lowerPatches", () => {
  const lowered = (percent: number, http: unknown[], routes: string[] = []) => {
    const before = world(...http);
    return httpOf(applyPatches(before, lowerPatches(pinned(routes), before, percent)));
  };

  test("lowers what is above and leaves what is at or below", () => {
    const http = [
      route("a", ["stable", 70], ["canary", 30]),
      route("b", ["stable", 90], ["canary", 10]),
      route("c", [""]),
    ];
    expect(lowered(10, http, ["a", "b", "c"])).toEqual(["stable:90 canary:10", "stable:90 canary:10", "checkout:"]);
    expect(lowered(0, http, ["a", "b", "c"])).toEqual(["stable:100 canary:0", "stable:100 canary:0", "checkout:"]);
    expect(lowerPatches(pinned(["a"]), world(...http), 30)).toEqual([]);
  });

  test("goes by the routes alone: anew, renamed, twice, broken elsewhere", () => {
    const split = ["stable", 50] as const;
    expect(lowered(0, [route("renamed", [...split], ["canary", 50])], ["main"])).toEqual(["stable:100 canary:0"]);
    expect(lowered(0, [route("m", [...split], ["canary", 50]), route("m", [...split], ["canary", 50])], ["m"])).toEqual(
      ["stable:100 canary:0", "stable:100 canary:0"],
    );
    expect(lowered(0, [{ name: "main" }, {}, route("x", [...split], ["canary", 50])], ["main", "x"])).toContain(
      "stable:100 canary:0",
    );
    const before = objects([virtualService([route("main", [...split], ["canary", 50])])]);
    before.virtualServices[0]!.metadata.uid = "another";
    expect(lowerPatches(pinned(), before, 0)).toHaveLength(1);
    expect(lowerPatches(pinned(), objects([undefined]), 0)).toEqual([]);
    expect(lowerPatches(pinned(), objects([{ ...virtualService([]), spec: {} }]), 0)).toEqual([]);
  });

  test("what the canary loses goes to stable, else to the whole Service, else to the others", () => {
    expect(lowered(0, [route("m", ["stable", 50], ["canary", 30], ["", 20, "cart"])], ["m"])).toEqual([
      "stable:80 canary:0 cart:20",
    ]);
    expect(lowered(10, [route("m", ["stable", 50], ["canary", 30], ["", 20, "cart"])], ["m"])).toEqual([
      "stable:70 canary:10 cart:20",
    ]);
    expect(lowered(0, [route("m", ["", 50], ["canary", 50])], ["m"])).toEqual(["checkout:100 canary:0"]);
    expect(lowered(10, [route("m", ["canary", 50], ["v1", 50])], ["m"])).toEqual(["canary:0 v1:50"]);
    expect(lowered(0, [route("m", ["stable", 40], ["canary", 30], ["canary", 30])], ["m"])).toEqual([
      "stable:100 canary:0 canary:0",
    ]);
  });

  test("a canary that alone gets everything is pointed at stable, unless that is not defined", () => {
    expect(lowered(0, [route("m", ["canary", 0])], ["m"])).toEqual(["stable:0"]);
    expect(lowered(0, [route("m", ["canary", 100], ["", 0, "cart"])], ["m"])).toEqual(["stable:100 cart:0"]);
    expect(lowerPatches(pinned(["m"]), objects([virtualService([route("m", ["canary"])])]), 0)).toEqual([]);
  });

  test("a route of the user's own that is not managed keeps its canary", () => {
    const http = [route("main", ["stable", 90], ["canary", 10]), route("testers", ["canary"])];
    expect(lowered(0, http, ["main"])).toEqual(["stable:100 canary:0", "canary:"]);
  });

  test("its tests name the destinations that it touches and nothing else", () => {
    const before = world(route("main", ["stable", 90], ["canary", 10]));
    const patch = lowerPatches(pinned(["main"]), before, 0);
    const edited = objects([virtualService([{ ...route("renamed", ["stable", 50], ["canary", 50]), timeout: "1s" }])]);
    edited.virtualServices[0]!.metadata.uid = "another";
    expect(httpOf(applyPatches(written(edited), patch))).toEqual(["stable:100 canary:0"]);
    const moved = objects([virtualService([route("main", ["canary", 10], ["stable", 90])])]);
    expect(() => applyPatches(moved, patch)).toThrow(TestFailed);
  });

  test("a share that is not 0 is written on the route as it was seen, for it may be lower by now", () => {
    const seen = world(route("main", ["stable", 10], ["canary", 90]));
    const now = world(route("main", ["stable", 100], ["canary", 0]));
    now.virtualServices[0]!.metadata.resourceVersion = "newer";
    expect(() => applyPatches(now, lowerPatches(pinned(["main"]), seen, 10))).toThrow(TestFailed);
    expect(httpOf(applyPatches(now, lowerPatches(pinned(["main"]), seen, 0)))).toEqual(["stable:100 canary:0"]);
  });
});

describe("restoreRoutePatches", () => {
  const start = world(route("main", [""]));
  const asFound = recordAsFound(pinned(["main"]), start);
  const restored = (state: typeof start) =>
    httpOf(applyPatches(state, restoreRoutePatches(pinned(["main"]), state, asFound)));

  test("a user's edit beside our fields stays", () => {
    const during = applyPatches(start, weightPatches(pinned(["main"]), start, 30));
    const spec = specOf<{ http: Record<string, unknown>[] }>(during.virtualServices[0]);
    spec.http[0]!["timeout"] = "9s";
    spec.http.unshift(route("new", ["", undefined, "cart"]));
    const after = applyPatches(during, restoreRoutePatches(pinned(["main"]), during, asFound));
    expect(after.virtualServices[0]?.["spec"]).toEqual({
      hosts: ["checkout"],
      http: [route("new", ["", undefined, "cart"]), { ...route("main", [""]), timeout: "9s" }],
    });
  });

  test("fails when the route has changed since it was read", () => {
    const during = applyPatches(start, weightPatches(pinned(["main"]), start, 30));
    const patches = restoreRoutePatches(pinned(["main"]), during, asFound);
    expect(() => applyPatches(written(during), patches)).toThrow(TestFailed);
  });

  test("works in whatever order the destinations are, and on a route that was renamed", () => {
    expect(restored(world(route("main", ["canary", 10], ["stable", 90])))).toEqual(["checkout:"]);
    expect(restored(world(route("renamed", ["stable", 90], ["canary", 10])))).toEqual(["checkout:"]);
  });

  test("leaves what is not ours any more, and what it cannot tell", () => {
    expect(restored(world(route("main", ["", 100])))).toEqual(["checkout:100"]);
    expect(restored(world(route("main", ["v1"])))).toEqual(["v1:"]);
    const two = [route("a", ["stable", 90], ["canary", 10]), route("b", ["stable", 90], ["canary", 10])];
    expect(restored(world(...two))).toEqual(["stable:90 canary:10", "stable:90 canary:10"]);
  });

  test("a split route gets its weights back, written or not", () => {
    const before = world(route("main", ["stable", 100], ["canary"]));
    const during = applyPatches(before, weightPatches(pinned(), before, 30));
    const after = applyPatches(during, restoreRoutePatches(pinned(), during, recordAsFound(pinned(), before)));
    expect(after).toEqual(before);
    expect(restoreRoutePatches(pinned(), before, recordAsFound(pinned(), before))).toEqual([]);
  });

  test("a route without a name that changed its place is found again", () => {
    const unnamed = world(route(undefined, [""]));
    const found = recordAsFound(pinned(), unnamed);
    const during = world({ redirect: {} }, route(undefined, ["stable", 90], ["canary", 10]));
    expect(httpOf(applyPatches(during, restoreRoutePatches(pinned(), during, found)))).toEqual(["", "checkout:"]);
  });
});
