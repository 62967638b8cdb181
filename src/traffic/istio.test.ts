import { describe, expect, test } from "vitest";
import type { ManagedFieldsEntry } from "../kube/port.ts";
import { destinationRule, HOST, objects, pinned, route, virtualService } from "./fixtures.test-helper.ts";
import { readRouting, recordAsFound } from "./istio.ts";

const read = (http: unknown[], routes: string[] = []) => readRouting(pinned(routes), objects([virtualService(http)]));

describe("readRouting: form and weight", () => {
  test("one destination without a subset is plain and gives the canary nothing", () => {
    expect(read([route("main", [""])])).toMatchObject({ problems: [], form: "plain", maxWeight: 0, minWeight: 0 });
    expect(read([route("main", ["", 100])])).toMatchObject({ problems: [], form: "plain" });
  });

  test("stable and canary, in any order and any numbers, are split", () => {
    expect(read([route("main", ["stable", 90], ["canary", 10])])).toMatchObject({ form: "split", maxWeight: 10 });
    expect(read([route("main", ["canary", 5], ["stable", 995])])).toMatchObject({ form: "split", maxWeight: 0.5 });
    expect(read([route("main", ["stable", 100], ["canary"])])).toMatchObject({
      problems: [],
      form: "split",
      maxWeight: 0,
    });
  });

  test("routes that differ are mixed, with the largest and smallest weight", () => {
    const http = [route("a", [""]), route("b", ["stable", 70], ["canary", 30])];
    expect(read(http, ["a", "b"])).toMatchObject({ problems: [], form: "mixed", maxWeight: 30, minWeight: 0 });
  });

  test("short hosts are completed from the namespace of the VirtualService", () => {
    const elsewhere = virtualService([route("main", [""])], "edge", "edge");
    const pin = pinned([], [{ namespace: "edge", name: "edge" }]);
    expect(readRouting(pin, objects([elsewhere])).problems[0]?.kind).toBe("missing");
    const full = virtualService([route("main", ["", undefined, HOST])], "edge", "edge");
    expect(readRouting(pin, objects([full])).problems).toEqual([]);
  });

  test("a canary that alone gets everything counts, though the route is foreign", () => {
    expect(read([route("main", ["canary", 0])], ["main"])).toMatchObject({ maxWeight: 100 });
  });

  test("a route that lost its name still counts while it splits between our subsets", () => {
    expect(read([route("renamed", ["stable", 50], ["canary", 50])], ["main"])).toMatchObject({ maxWeight: 50 });
  });
});

describe("readRouting: problems", () => {
  test.each([
    ["no route to the host", [route("cart", ["", undefined, "cart"])], [], "missing"],
    ["a named route is gone", [route("other", [""])], ["main"], "missing"],
    ["several routes fit", [route("a", [""]), route("b", [""])], [], "foreign"],
    ["a name occurs twice", [route("main", [""]), route("main", [""])], ["main"], "foreign"],
    ["another subset, alone", [route("main", ["v1"])], [], "foreign"],
    ["another subset", [route("main", ["v1"])], ["main"], "foreign"],
    ["another host beside", [route("main", ["stable", 90], ["canary", 0], ["", 10, "cart"])], ["main"], "foreign"],
    ["two hosts", [route("main", ["stable", 90], ["canary", 0, "cart"])], ["main"], "foreign"],
    ["part of the weight", [route("main", ["", 50])], ["main"], "foreign"],
    ["a redirect", [{ name: "main", redirect: { uri: "/" } }], ["main"], "foreign"],
  ])("%s", (_, http, routes, kind) => {
    expect(read(http, routes).problems).toEqual([{ kind, message: expect.stringContaining("shop/checkout") }]);
  });

  test("routes that are not ours do not count", () => {
    expect(read([route(undefined, ["v1", 1, "cart"]), { redirect: {} }, route("main", [""])]).problems).toEqual([]);
  });

  test("several that fit are named", () => {
    expect(read([route("a", [""]), route(undefined, [""])]).problems[0]?.message).toContain('"a", http[1]');
  });

  test("a foreign route comes with the YAML to write", () => {
    const message = read([route("main", ["v1", 80], ["v2", 20])], ["main"]).problems[0]?.message;
    expect(message).toContain("checkout subset v1 weight 80, checkout subset v2 weight 20");
    expect(message).toContain("  - destination: {host: checkout, subset: canary}\n    weight: 0");
  });

  test("objects that are gone or were made anew", () => {
    expect(readRouting(pinned(), objects([undefined])).problems).toEqual([
      { kind: "missing", message: "VirtualService shop/checkout does not exist." },
    ]);
    const anew = virtualService([route("main", [""])]);
    anew.metadata.uid = "another";
    expect(readRouting(pinned(), objects([anew])).problems[0]).toMatchObject({
      kind: "missing",
      message: expect.stringContaining("made anew"),
    });
  });

  test("a rule for another host", () => {
    const rule = destinationRule({ host: "cart", subsets: [{ name: "stable" }] });
    const state = readRouting(pinned(), objects([virtualService([route("main", [""])])], rule));
    expect(state).toMatchObject({ stable: undefined, ruleExists: true, problems: [{ kind: "foreign" }] });
  });
});

test("readRouting tells subsets that are not defined from those that select everything", () => {
  const rule = destinationRule({ subsets: [{ name: "stable" }] });
  const state = readRouting(pinned(), objects([virtualService([route("main", [""])])], rule));
  expect(state).toMatchObject({ stable: {}, ruleExists: true });
  expect(state.canary).toBeUndefined();
  expect(readRouting(pinned(), objects([undefined]))).toMatchObject({ ruleExists: false });
});

describe("readRouting: writers", () => {
  const entry = (manager: string, time: string, field = "f:http"): ManagedFieldsEntry => {
    return { manager, time, operation: "Update", fieldsV1: { "f:spec": { [field]: {} } } };
  };
  const withFields = (...managedFields: ManagedFieldsEntry[]) => {
    const object = virtualService([route("main", [""])]);
    object.metadata.managedFields = managedFields;
    return readRouting(pinned(), objects([object]));
  };

  test("the newest that owns the http routes is the last writer", () => {
    const state = withFields(
      entry("argocd", "2026-01-01T00:00:02Z"),
      entry("sluice", "2026-01-01T00:00:01Z"),
      entry("kubectl", "2026-01-01T00:00:03Z", "f:hosts"),
    );
    expect(state.writers).toEqual([{ manager: "argocd", time: "2026-01-01T00:00:02Z" }]);
    expect(state.withdrawnAt).toBeUndefined();
  });

  test("a withdrawal is seen as long as its value stands, also when another has since written the same", () => {
    const state = withFields(entry("sluice-withdraw", "2026-01-01T00:00:01Z"), entry("argocd", "2026-01-01T00:00:02Z"));
    expect(state.withdrawnAt).toBe("2026-01-01T00:00:01Z");
  });

  test("nobody, when managedFields are absent", () => {
    expect(withFields().writers).toEqual([{ manager: "", time: "" }]);
  });
});

test("recordAsFound keeps what restoring needs, and only of routes that are managed", () => {
  const http = [route("a", ["", 100]), route("b", ["stable", 90], ["canary", 10]), route("c", ["v1"])];
  const rule = destinationRule({ subsets: [{ name: "stable", labels: { app: "checkout" } }] });
  const found = recordAsFound(pinned(["a", "b", "c"]), objects([virtualService(http)], rule));
  expect(found.routes).toEqual([
    {
      namespace: "shop",
      name: "checkout",
      route: "a",
      form: "plain",
      destinations: '[{"destination":{"host":"checkout"},"weight":100}]',
      weight: 0,
    },
    expect.objectContaining({ route: "b", form: "split", weight: 10 }),
  ]);
  expect(found.rule).toEqual({ existed: true, stable: { app: "checkout" } });
  expect(recordAsFound(pinned(), objects([virtualService([route(undefined, [""])])]))).toMatchObject({
    routes: [{ route: "0" }],
    rule: { existed: false },
  });
});
