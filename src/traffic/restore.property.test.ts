import fc from "fast-check";
import { expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import { applyPatches } from "./apply-patch.test-helper.ts";
import { destinationRule, HOST, objects, pinned, specOf, virtualService } from "./fixtures.test-helper.ts";
import {
  labelPatches,
  lowerPatches,
  readRouting,
  recordAsFound,
  restoreRoutePatches,
  restoreRulePatches,
  weightPatches,
} from "./istio.ts";

const key = fc.stringMatching(/^[a-z]{1,6}(\/[a-z~]{1,4})?$/);
const foreign = fc.dictionary(key, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3, noNullPrototype: true });
const host = fc.constantFrom("checkout", HOST);
const labels = fc.dictionary(key, fc.string({ maxLength: 5 }), { minKeys: 1, maxKeys: 2, noNullPrototype: true });

const extra = fc.record({ headers: foreign, zone: fc.string() }, { requiredKeys: [], noNullPrototype: true });
const plain = fc
  .tuple(extra, host, fc.constantFrom(undefined, 100))
  .map(([rest, name, weight]) => [
    { ...(weight === undefined ? {} : { weight }), destination: { host: name, port: { number: 80 } }, ...rest },
  ]);
const split = fc
  .tuple(extra, host, fc.integer({ min: 0, max: 100 }), fc.boolean(), fc.boolean())
  .map(([rest, name, weight, bare, swapped]) => {
    const canary = { destination: { subset: "canary", host: name }, ...(bare ? {} : { weight }), ...rest };
    const stable = { ...rest, weight: bare ? 100 : 100 - weight, destination: { host: name, subset: "stable" } };
    return swapped ? [canary, stable] : [stable, canary];
  });
const alien = fc.tuple(foreign, fc.integer({ min: 0, max: 100 })).map(([rest, weight]) => ({
  ...rest,
  route: [
    { destination: { host: "cart", subset: "stable" }, weight },
    { destination: { host: "cart", subset: "canary" }, weight: 100 - weight },
  ],
}));
const managed = fc
  .tuple(foreign, fc.oneof(plain, split))
  .map(([rest, destinations]) => ({ ...rest, name: "", route: destinations }));

/** A VirtualService with one or two managed routes among foreign ones, and the names of the managed ones. */
const object = fc
  .tuple(fc.array(fc.oneof(alien, managed), { maxLength: 4 }), managed, fc.boolean())
  .map(([others, one, named]): { object: KubeObject; routes: string[] } => {
    const http = [...others, one].filter((each) => named || each === one || !("name" in each));
    const entries = http.map((each, index) => {
      if (!("name" in each)) return each;
      const { name: _, ...rest } = each;
      return named ? { name: `route-${index}`, ...rest } : rest;
    });
    const routes = named
      ? entries.flatMap((each) => ("name" in each && typeof each.name === "string" ? [each.name] : []))
      : [];
    return { object: virtualService(entries), routes };
  });

const subset = (name: string) =>
  fc.record({ name: fc.constant(name), labels, note: fc.string() }, { requiredKeys: ["name"], noNullPrototype: true });
const rule = fc.option(
  fc.tuple(fc.subarray(["stable", "canary", "v1"]), subset("x"), foreign).map(([names, shape, rest]) =>
    destinationRule({
      ...(names.length === 0 ? {} : { subsets: names.map((name) => ({ ...shape, name })) }),
      policy: rest,
    }),
  ),
  { nil: undefined },
);
const percent = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);

test("whatever a run wrote is taken back to the byte", () => {
  fc.assert(
    fc.property(
      object,
      rule,
      fc.array(percent, { minLength: 1, maxLength: 4 }),
      labels,
      labels,
      (made, found, weights, a, b) => {
        const run = pinned(made.routes);
        const start = objects([made.object], found);
        const asFound = recordAsFound(run, start);
        expect(readRouting(run, start).problems).toEqual([]);
        let state = applyPatches(start, labelPatches(run, start, { stable: a, canary: b }));
        for (const weight of weights) {
          state = applyPatches(state, weightPatches(run, state, weight));
          const read = readRouting(run, state);
          expect(read).toMatchObject({ form: "split", problems: [], stable: a, canary: b });
          expect(read.maxWeight).toBeCloseTo(weight, 4);
          expect(read.minWeight).toBeCloseTo(weight, 4);
          expect(weightPatches(run, state, weight)).toEqual([]);
        }
        state = applyPatches(state, lowerPatches(run, state, 0));
        expect(readRouting(run, state).maxWeight).toBe(0);
        state = applyPatches(state, restoreRoutePatches(run, state, asFound));
        expect(JSON.stringify(state.virtualServices)).toBe(JSON.stringify(start.virtualServices));
        state = applyPatches(state, restoreRulePatches(run, state, asFound));
        // Subsets that the routes named before the rule defined them stay, since taking them away helps nobody.
        const dangling = asFound.routes.some(({ form }) => form === "split");
        if (!dangling) expect(JSON.stringify(state.destinationRule)).toBe(JSON.stringify(start.destinationRule));
      },
    ),
    { numRuns: 300 },
  );
});

test("lowering never raises a canary, never adds a destination and ends at or below what was asked, in any object", () => {
  const destination = fc.record(
    {
      destination: fc.record(
        { host: fc.constantFrom("checkout", "cart"), subset: fc.constantFrom("stable", "canary", "v1") },
        { requiredKeys: ["host"], noNullPrototype: true },
      ),
      weight: fc.integer({ min: 0, max: 100 }),
    },
    { requiredKeys: ["destination"], noNullPrototype: true },
  );
  const http = fc.array(
    fc.record(
      { name: fc.constantFrom("main", "other"), route: fc.array(destination, { maxLength: 4 }) },
      { requiredKeys: [], noNullPrototype: true },
    ),
    { maxLength: 4 },
  );
  const whole = destinationRule({ subsets: [{ name: "stable" }, { name: "canary" }] });
  fc.assert(
    fc.property(http, fc.subarray(["main", "gone"]), percent, (entries, routes, limit) => {
      const run = pinned(routes);
      const before = objects([virtualService(entries)], whole);
      const after = applyPatches(before, lowerPatches(run, before, limit));
      const was = readRouting(run, before).maxWeight;
      expect(readRouting(run, after).maxWeight).toBeLessThanOrEqual(Math.max(0, Math.min(was, limit)) + 1e-3);
      const lengths = (state: typeof before) =>
        specOf<{ http: { route?: unknown[] }[] }>(state.virtualServices[0]).http.map((each) => each.route?.length);
      expect(lengths(after)).toEqual(lengths(before));
      expect(lowerPatches(run, after, limit)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
