import { describe, expect, test } from "vitest";
import { OUTCOMES, STATES, type Phase, type State } from "../api/phase.ts";
import { decide } from "./decide.ts";
import {
  BREACH,
  BREACH_PAUSE,
  LIVE_PODS,
  MINUTE,
  NOW,
  SIZE,
  TWIN_PODS,
  factsOf,
  type Given,
} from "./facts.test-helper.ts";
import { rfc3339 } from "./memory.ts";

/** Before the twin is there no user can have met it: withdrawing has nothing to wait for. */
const D = "Draining";

/** Where one pass leads from each state; "=" stays. The rows of docs/reference/machine.md, written down a second time by hand. */
type Row = Readonly<Record<State, Phase | "=">>;

const PREFLIGHT_TO_OBSERVING: readonly State[] = ["Waiting", "Fencing", "Scaling", "Shifting", "Observing"];

function row(what: Partial<Record<State | "underway" | "otherwise", Phase | "=">>): Row {
  const entries = STATES.map((state) => {
    const general = PREFLIGHT_TO_OBSERVING.includes(state) || state === "Paused" ? what.underway : what.otherwise;
    return [state, what[state] ?? general ?? "="];
  });
  return Object.fromEntries(entries) as Row;
}

const W = "Withdrawing";
const U = "Undoing";
const LIVE_AGAIN = { own: { template: "live" } } as const;

const ROWS: readonly [string, Given, Row][] = [
  ["nothing happens", {}, row({})],
  [
    "a newer template",
    { own: { template: "other" } },
    row({ underway: W, Fencing: D, Preflight: "Superseded", Keeping: "Promoted", Converging: "Promoted" }),
  ],
  [
    "the template goes back to the live one",
    LIVE_AGAIN,
    row({
      underway: W,
      Fencing: D,
      Preflight: "Superseded",
      SwappingLabels: W,
      SwappingWeight: U,
      Keeping: U,
      Converging: "Promoted",
    }),
  ],
  [
    "the Rollout is deleted",
    { deleting: true },
    row({
      underway: W,
      Fencing: D,
      Preflight: "Aborted",
      SwappingLabels: W,
      SwappingWeight: "Releasing",
      Keeping: "Releasing",
      Converging: "Releasing",
    }),
  ],
  [
    "the VirtualService is gone",
    { routing: { problems: [{ kind: "missing", message: "VirtualService shop/checkout does not exist" }] } },
    row({ underway: W, Fencing: D, SwappingLabels: W }),
  ],
  [
    "none of the candidate's pods is ready",
    { twin: { available: 0, full: false } },
    row({ underway: W, Fencing: "=", SwappingLabels: W, SwappingWeight: U, Keeping: U }),
  ],
  [
    "a breach that rolls back",
    { evidence: { verdicts: [BREACH] } },
    row({ underway: W, Fencing: D, SwappingLabels: W, SwappingWeight: U, Keeping: U }),
  ],
  [
    "a breach that pauses",
    { evidence: { verdicts: [BREACH_PAUSE] } },
    row({ underway: "Paused", SwappingLabels: W, SwappingWeight: U }),
  ],
  [
    "the weight is lowered by hand",
    { routing: { minWeight: 0, maxWeight: 0, lastWriter: "kubectl-edit" } },
    row({ underway: "Paused", Fencing: "=", SwappingLabels: "Paused" }),
  ],
  ["spec.suspend", { suspend: true }, row({ Fencing: "Waiting", Shifting: "Paused" })],
  [
    "time is up",
    { nowMs: NOW + 10 * MINUTE, status: { deadlines: { progress: rfc3339(NOW) } } },
    row({ Fencing: D, Scaling: W, Shifting: W, SwappingLabels: "Paused" }),
  ],
  [
    "a withdrawal was written that no status knows of",
    { routing: { withdrawMarked: true } },
    row({ underway: W, Fencing: D, SwappingLabels: W }),
  ],
  [
    "a route is back in plain form with the twin behind it",
    { routing: { form: "plain", minWeight: 0, maxWeight: 0 }, twin: { exists: true, available: 1 } },
    row({ underway: "Draining", SwappingLabels: "Draining", Withdrawing: "Draining" }),
  ],
];

const settledLabels = { labelsForMs: 0, routesForMs: 0 };

describe.each(ROWS)("%s", (_, given, expected) => {
  test.each(STATES)("in %s", (state) => {
    const to = expected[state];
    const facts = factsOf(state, { ...given, routing: { ...settledLabels, ...given.routing } });
    const { status } = decide(facts);
    expect(status.phase).toBe(to === "=" ? state : to);
    if (to === "=") expect(status.end).toBeUndefined();
  });
});

describe("a state in which nothing happens", () => {
  test.each(STATES)("%s tells nobody anything, and says when to look again", (state) => {
    const facts = factsOf(state);
    const { status, notices, wakeAtMs } = decide(facts);
    expect(notices).toEqual([]);
    expect(status.transitions).toEqual([]);
    expect(wakeAtMs).toBeGreaterThan(NOW);
    expect(wakeAtMs).toBeLessThanOrEqual(NOW + MINUTE);
  });

  test.each(OUTCOMES)("%s takes no event, wants nothing and never wakes", (outcome) => {
    const { status, desired, wakeAtMs } = decide(factsOf(outcome, { deleting: true, own: { template: "other" } }));
    expect(status.phase).toBe(outcome);
    expect(wakeAtMs).toBeUndefined();
    expect(desired).toEqual({ atMost: 100, withdraw: false, own: "leave", strays: "leave", floor: "leave" });
  });
});

describe("taking users back", () => {
  test.each(["Waiting", "Scaling", "Shifting", "Observing", "Paused", "SwappingLabels"] as const)(
    "from %s the weight goes to 0 in the same pass, marked as a withdrawal, and the twin stays until it is out of use",
    (state) => {
      const { status, desired } = decide(factsOf(state, { evidence: { verdicts: [BREACH] } }));
      expect(status).toMatchObject({
        phase: W,
        weightInForce: 0,
        end: { reason: "Breach", message: "errors: breach" },
      });
      expect(desired).toMatchObject({ atMost: 0, withdraw: true, labels: { stable: LIVE_PODS, canary: TWIN_PODS } });
      expect(desired.twin).toBeUndefined();
      expect(desired.weight).toBeUndefined();
    },
  );

  test("needs nobody's evidence to be new: a breach is acted on even before the applied check", () => {
    const { status } = decide(
      factsOf("Shifting", { evidence: { verdicts: [BREACH], split: "notYet", looked: false } }),
    );
    expect(status.phase).toBe(W);
  });

  test("but not on numbers from before they were acknowledged", () => {
    const facts = factsOf("Observing", { status: { epoch: 2 }, evidence: { verdicts: [BREACH], epoch: 1 } });
    expect(decide(facts).status.phase).toBe("Observing");
  });

  test("undoing needs three quarters of the old pods, not the last of them", () => {
    const most = decide(factsOf("Undoing", { own: { liveAvailable: Math.ceil(SIZE * 0.75) } }));
    expect(most.desired).toMatchObject({ weight: 0 });
    expect(most.desired.labels).toBeDefined();
    const few = decide(factsOf("Undoing", { own: { liveAvailable: Math.ceil(SIZE * 0.75) - 1 } }));
    expect(few.desired.labels).toBeUndefined();
    expect(few.desired.weight).toBeUndefined();
  });

  test("undoing says that users are on the candidate for as long as the stable subset selects it", () => {
    const waits = { own: { liveAvailable: 0 }, routing: { stable: TWIN_PODS, canary: TWIN_PODS } };
    const still = decide(factsOf("Undoing", waits)).status;
    expect(still).toMatchObject({ phase: "Undoing", weightInForce: 100 });
    expect(decide(factsOf("Undoing")).status).toMatchObject({ phase: "Undoing", weightInForce: 0 });
  });

  test("past its deadline undoing takes what old pods there are, and says that it lasts; onto none it never goes", () => {
    const late = { status: { deadlines: { progress: rfc3339(NOW - 1) } } };
    const one = decide(factsOf("Undoing", { own: { liveAvailable: 1 }, ...late }));
    expect(one.status.stalled?.reason).toBe("ProgressDeadlineExceeded");
    expect(one.desired).toMatchObject({ weight: 0 });
    expect(decide(factsOf("Undoing", { own: { liveAvailable: 0 }, ...late })).desired.labels).toBeUndefined();
  });

  test("without any reading, weight 0 read for the settle time is enough", () => {
    const still = { maxWeight: 0, minWeight: 0, labelsForMs: 20_000 };
    const blind = { candidate: { kind: "blind", forMs: MINUTE } } as const;
    const soon = factsOf(W, { routing: { ...still, routesForMs: 14_000 }, evidence: blind });
    expect(decide(soon).status.phase).toBe(W);
    const later = factsOf(W, { routing: { ...still, routesForMs: 15_000 }, evidence: blind });
    expect(decide(later).status.phase).toBe("Draining");
  });

  test("callers past the routes, once accepted, are never waited for: the pods go as soon as no route leads there", () => {
    const given = {
      plan: { unmanagedCallers: "Accept" },
      evidence: { candidate: { kind: "busy", forMs: 0 } },
    } as const;
    const still = { maxWeight: 0, minWeight: 0, labelsForMs: 20_000 };
    const { status, wakeAtMs } = decide(factsOf(W, { ...given, routing: { ...still, routesForMs: 1_500 } }));
    expect(status.phase).toBe(W);
    expect(wakeAtMs).toBe(NOW + 500);
    const later = decide(factsOf(W, { ...given, routing: { ...still, routesForMs: 2_000 } }));
    expect(later).toMatchObject({ status: { phase: "Draining" }, desired: { twin: "gone", atMost: 0 } });
  });

  test("a weight that is still written somewhere is not yet quiet, whatever the numbers say", () => {
    const evidence = { candidate: { kind: "quiet", forMs: MINUTE } } as const;
    const routing = { routesForMs: MINUTE, labelsForMs: MINUTE, minWeight: 0 };
    expect(decide(factsOf(W, { evidence, routing: { ...routing, maxWeight: 10 } })).status.phase).toBe(W);
    expect(decide(factsOf(W, { evidence, routing: { ...routing, maxWeight: 0 } })).status.phase).toBe("Draining");
  });

  test("requests that go on hold it up, and the deadline says so: users may still be there", () => {
    const facts = factsOf(W, {
      routing: { maxWeight: 0, routesForMs: MINUTE, labelsForMs: MINUTE },
      status: { deadlines: { progress: rfc3339(NOW) } },
    });
    const { status, desired } = decide(facts);
    expect(status).toMatchObject({ phase: W, stalled: { reason: "RollbackNotApplied" } });
    expect(desired.twin).toBeUndefined();
  });
});
