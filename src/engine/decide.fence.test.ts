import { describe, expect, test } from "vitest";
import { decide } from "./decide.ts";
import {
  AS_FOUND,
  LIVE_PODS,
  MINUTE,
  NOW,
  SELECTOR,
  SIZE,
  SPEC,
  TWIN_PODS,
  command,
  factsOf,
} from "./facts.test-helper.ts";
import { rfc3339 } from "./memory.ts";

const NARROW = { stable: LIVE_PODS, canary: TWIN_PODS };
const SETTLED = { labelsForMs: MINUTE, routesForMs: MINUTE };

describe("fencing", () => {
  test("notes how things were before it wants anything", () => {
    const facts = factsOf("Waiting", {
      status: { step: 0, asFound: undefined, weightInForce: 0 },
      twin: { exists: false },
    });
    const { status } = decide(facts);
    expect(status).toMatchObject({ phase: "Fencing", asFound: AS_FOUND });
  });

  test("the rule first, routes only once every proxy knows the subsets", () => {
    const first = decide(factsOf("Fencing", { routing: { routesForMs: MINUTE } })).desired;
    expect(first).toMatchObject({ labels: NARROW, atMost: 0, floor: "raise" });
    expect(first.weight).toBeUndefined();
    const unsettled = decide(factsOf("Fencing", { routing: { ...NARROW, labelsForMs: 14_999 } }));
    expect(unsettled.desired.weight).toBeUndefined();
    const settled = decide(factsOf("Fencing", { routing: { ...NARROW, labelsForMs: 15_000, form: "plain" } }));
    expect([settled.status.phase, settled.desired.weight]).toEqual(["Fencing", 0]);
  });

  test("does not turn the canary subset while proxies may still go by a weight that it had", () => {
    const routing = { routesForMs: 14_999 };
    expect(decide(factsOf("Fencing", { routing })).desired.labels).toBeUndefined();
    expect(decide(factsOf("Fencing", { routing: { ...routing, form: "plain" } })).desired.labels).toEqual(NARROW);
    const twin = { exists: true, replicas: 1, available: 1, pods: 1 };
    expect(decide(factsOf("Fencing", { routing, twin })).desired.labels).toEqual(NARROW);
    const carrying = { routesForMs: MINUTE, maxWeight: 100 };
    expect(decide(factsOf("Fencing", { routing: carrying })).desired.labels).toBeUndefined();
    const paused = decide(factsOf("Fencing", { routing, commands: [command("pause")] }));
    expect([paused.status.phase, paused.desired.labels]).toEqual(["Paused", undefined]);
  });

  test("is done when both have settled, and only then is there a twin", () => {
    const soon = decide(factsOf("Fencing", { routing: { ...NARROW, ...SETTLED, routesForMs: 14_999 } }));
    expect([soon.status.phase, soon.desired.twin]).toEqual(["Fencing", undefined]);
    const done = decide(factsOf("Fencing", { routing: { ...NARROW, ...SETTLED } }));
    expect([done.status.phase, done.desired.twin]).toEqual(["Scaling", { replicas: 1 }]);
  });

  test.each([
    ["a pod of a template that nobody vetted", { strayPods: 1 }],
    ["a live pod that is not ready", { liveAvailable: SIZE - 1 }],
  ])("does not narrow while there is %s", (_, own) => {
    const { status, desired } = decide(factsOf("Fencing", { own }));
    expect(status.phase).toBe("Fencing");
    expect(desired).toMatchObject({ own: "pause", strays: "notLive", atMost: 0 });
    expect(desired.labels).toBeUndefined();
  });

  test("but gives a split route whose rule was taken away the Service's own pods meanwhile", () => {
    const own = { liveAvailable: SIZE - 1 };
    const lost = { form: "split" as const, stable: undefined, canary: undefined };
    const wide = { stable: SELECTOR, canary: SELECTOR };
    expect(decide(factsOf("Fencing", { own, routing: lost })).desired.labels).toEqual(wide);
    expect(decide(factsOf("Fencing", { own, routing: lost, suspend: true })).desired.labels).toEqual(wide);
    expect(decide(factsOf("Fencing", { own, routing: { ...lost, form: "plain" } })).desired.labels).toBeUndefined();
    expect(decide(factsOf("Fencing", { own, routing: lost, twin: { exists: true } })).desired.labels).toEqual(NARROW);
  });

  test("nor do the states that it can be left for before it narrowed", () => {
    const given = { own: { strayPods: 1 }, suspend: true };
    const { status, desired } = decide(factsOf("Fencing", given));
    expect([status.phase, desired.labels]).toEqual(["Waiting", undefined]);
    const paused = decide(factsOf("Fencing", { own: { strayPods: 1 }, commands: [command("pause")] }));
    expect([paused.status.phase, paused.desired.labels]).toEqual(["Paused", undefined]);
    const gone = decide(factsOf("Fencing", { own: { strayPods: 1, liveAvailable: 0 }, deleting: true }));
    expect([gone.status.phase, gone.desired.labels]).toEqual(["Draining", undefined]);
  });

  test("corrects labels at once where the twin is there: they were narrowed before", () => {
    const twin = { exists: true, replicas: 1, available: 1, pods: 1 };
    const { desired } = decide(
      factsOf("Fencing", { own: { liveAvailable: SIZE - 1 }, twin, status: { weightInForce: 10 } }),
    );
    expect(desired.labels).toEqual(NARROW);
  });

  test("narrows to the earlier run's twin where users are on one, when it is whole", () => {
    const from = { ...SPEC.from, track: "twin" as const, podLabels: { run: "checkout-0" } };
    const given = { spec: { from }, own: { liveAvailable: 0, strayPods: SIZE }, routing: { routesForMs: MINUTE } };
    expect(decide(factsOf("Fencing", { ...given, previousTwin: { full: true } })).desired.labels?.stable).toEqual(
      from.podLabels,
    );
    expect(decide(factsOf("Fencing", { ...given, previousTwin: { full: false } })).desired.labels).toBeUndefined();
  });
});

describe("before the fence", () => {
  test.each(["Preflight", "Waiting", "Paused"] as const)("%s leaves traffic as it was found", (state) => {
    const status = { asFound: undefined, weightInForce: 0, step: 0 };
    const { desired } = decide(factsOf(state, { status, suspend: true, twin: { exists: false } }));
    expect(desired).toEqual({ atMost: 100, withdraw: false, own: "pause", strays: "notLive", floor: "leave" });
  });

  test("Preflight names what failed, and goes on when it is mended", () => {
    const finding = { id: "route-exists", message: "route main is missing", remedy: "Add it" };
    const failing = decide(factsOf("Preflight", { preflight: [{ ...finding, severity: "fail" }] })).status;
    expect(failing).toMatchObject({
      phase: "Preflight",
      stalled: { reason: "PreflightFailed", message: expect.stringContaining("route main is missing") },
    });
    const mended = decide(
      factsOf("Preflight", { status: failing, preflight: [{ ...finding, severity: "warn" }] }),
    ).status;
    expect([mended.phase, mended.stalled]).toEqual(["Fencing", undefined]);
  });
});

describe("scaling", () => {
  test("waits for every pod that the step asks for", () => {
    const twin = { replicas: 2, pods: 2, available: 1, full: false };
    expect(decide(factsOf("Scaling", { twin })).status.phase).toBe("Scaling");
    expect(decide(factsOf("Scaling", { twin: { ...twin, available: 2, full: true } })).status.phase).toBe("Shifting");
  });

  test("gives the first users only once every proxy has had time to hear of its pods", () => {
    const ready = { exists: true, replicas: 2, pods: 2, available: 2, full: true };
    const status = { weightInForce: 0 };
    const soon = decide(factsOf("Scaling", { status, twin: { ...ready, availableForMs: 14_999 } }));
    expect(soon.status.phase).toBe("Scaling");
    const known = decide(factsOf("Scaling", { status, twin: { ...ready, availableForMs: 15_000 } }));
    expect(known.status.phase).toBe("Shifting");
    const more = decide(factsOf("Scaling", { status: { weightInForce: 10 }, twin: { ...ready, availableForMs: 0 } }));
    expect(more.status.phase).toBe("Shifting");
  });

  test("rolls back at the deadline with the reason why pods do not come up", () => {
    const facts = factsOf("Scaling", {
      twin: { trouble: "ImagePullBackOff" },
      status: { deadlines: { progress: rfc3339(NOW) } },
    });
    expect(decide(facts).status).toMatchObject({
      phase: "Withdrawing",
      end: { reason: "ProgressDeadlineExceeded", message: expect.stringContaining("ImagePullBackOff") },
    });
  });

  test("before any user was there, a twin without ready pods is only late", () => {
    const facts = factsOf("Scaling", { twin: { available: 0, full: false }, status: { weightInForce: 0, step: 0 } });
    expect(decide(facts).status.phase).toBe("Scaling");
  });

  test("while suspended it grows, does not shift, and no deadline fires", () => {
    const twin = { replicas: 2, pods: 2, available: 2, full: true };
    const status = { deadlines: { progress: rfc3339(NOW - 1) } };
    const held = decide(factsOf("Scaling", { suspend: true, twin, status }));
    expect([held.status.phase, held.desired.twin]).toEqual(["Scaling", { replicas: 2 }]);
    expect(decide(factsOf("Scaling", { twin, status })).status.phase).toBe("Shifting");
  });
});

describe("draining", () => {
  test("the twin first, with labels as they were; routes once its pods are gone; then the rule", () => {
    const twin = { exists: false, replicas: 0, available: 0 };
    const first = decide(factsOf("Draining"));
    expect(first.desired).toMatchObject({ twin: "gone", atMost: 0, withdraw: true, labels: NARROW });
    expect(first.desired.restore).toBeUndefined();
    const leaving = decide(factsOf("Draining", { twin: { ...twin, pods: 1, podsLeaving: 1 } }));
    expect(leaving.desired).toMatchObject({ labels: NARROW, floor: "raise" });
    const gone = decide(factsOf("Draining", { twin: { ...twin, pods: 0 } }));
    expect(gone.desired).toMatchObject({ restore: "routes", floor: "restore" });
    expect(gone.desired.labels).toBeUndefined();
    const routing = { routesRestored: true, routesForMs: MINUTE };
    expect(decide(factsOf("Draining", { twin: { ...twin, pods: 0 }, routing })).desired.restore).toBe("rule");
  });

  test("of a route that rests with a weight on canary gives that back only to a subset that has pods", () => {
    const at = { namespace: "shop", name: "checkout", route: "main" };
    const routes = [{ ...at, form: "split" as const, destinations: "[]", weight: 30 }];
    const asFound = { ...AS_FOUND, routes };
    const gone = { status: { asFound }, twin: { exists: false, pods: 0 } };
    const narrow = decide(factsOf("Draining", { ...gone, routing: { form: "split", ...NARROW, ...SETTLED } }));
    expect(narrow.desired).toMatchObject({ atMost: 0, labels: { stable: SELECTOR, canary: SELECTOR } });
    expect(narrow.desired.restore).toBeUndefined();
    const wide = { form: "split" as const, stable: SELECTOR, canary: SELECTOR, ...SETTLED };
    expect(decide(factsOf("Draining", { ...gone, routing: wide })).desired).toMatchObject({
      atMost: 30,
      restore: "routes",
    });
  });

  test("does not wait for ever for pods that are on their way out", () => {
    const status = { deadlines: { progress: rfc3339(NOW) } };
    const twin = { exists: false, replicas: 0, available: 0, pods: 1, podsLeaving: 1 };
    expect(decide(factsOf("Draining", { status, twin })).desired.restore).toBe("routes");
    expect(decide(factsOf("Draining", { status, twin: { ...twin, podsLeaving: 0 } })).desired.restore).toBeUndefined();
  });

  test("of a run from a twin leaves stable on that twin", () => {
    const from = { ...SPEC.from, track: "twin" as const };
    const given = { spec: { from }, previousTwin: {}, twin: { exists: false, pods: 0 } };
    const { desired } = decide(factsOf("Draining", given));
    expect(desired).toMatchObject({ labels: { stable: LIVE_PODS, canary: LIVE_PODS }, floor: "restore" });
    expect(desired.restore).toBeUndefined();
    const routing = { stable: LIVE_PODS, canary: LIVE_PODS, labelsForMs: MINUTE };
    expect(decide(factsOf("Draining", { ...given, routing })).status.liveOnTwin).toBe(true);
  });
});

describe("draining", () => {
  test("puts the routes back only when every proxy has heard that the last pod is on its way out", () => {
    const gone = { exists: false, replicas: 0, available: 0, pods: 2, podsLeaving: 2 };
    const due = { deadlines: { progress: rfc3339(NOW - 1) } };
    const justNow = factsOf("Draining", { status: due, twin: { ...gone, leavingForMs: 14_999 } });
    expect(decide(justNow).desired.restore).toBeUndefined();
    const known = factsOf("Draining", { status: due, twin: { ...gone, leavingForMs: 15_000 } });
    expect(decide(known).desired.restore).toBe("routes");
  });
});

describe("releasing", () => {
  test("opens stable to all only onto vetted pods at size, and the twin goes once that has settled", () => {
    const short = decide(factsOf("Releasing", { own: { vettedAvailable: SIZE - 1 } })).desired;
    expect([short.labels, short.twin]).toEqual([undefined, undefined]);
    const open = decide(factsOf("Releasing")).desired;
    expect([open.labels?.stable, open.twin]).toEqual([SELECTOR, undefined]);
    expect(decide(factsOf("Releasing", { routing: { labelsForMs: MINUTE } })).desired.twin).toBe("gone");
  });
});
