import { describe, expect, test } from "vitest";
import { OUTCOMES, STATES, type Phase, type State } from "../api/phase.ts";
import { decide } from "./decide.ts";
import {
  BREACH,
  BREACH_PAUSE,
  LIVE_PODS,
  MINUTE,
  NOW,
  SELECTOR,
  SIZE,
  SPEC,
  TWIN_PODS,
  factsOf,
  type Given,
} from "./facts.test-helper.ts";
import { rfc3339 } from "./memory.ts";

/** Before the twin is there no user can have met it: withdrawing has nothing to wait for. */
const D = "Draining";

/** Where one pass leads from each state; "=" stays. The rows of MACHINE.md, written down a second time by hand. */
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

  test("undoing waits for every old pod before it relabels, and says so when that lasts", () => {
    const facts = factsOf("Undoing", {
      own: { liveAvailable: SIZE - 1 },
      status: { deadlines: { progress: rfc3339(NOW - 1) } },
    });
    const { status, desired } = decide(facts);
    expect(status.stalled?.reason).toBe("ProgressDeadlineExceeded");
    expect(desired.labels).toBeUndefined();
    expect(desired.weight).toBeUndefined();
  });

  test("without any reading, weight 0 read for the settle time is enough", () => {
    const still = { maxWeight: 0, minWeight: 0, labelsForMs: 20_000 };
    const blind = { candidate: { kind: "blind", forMs: MINUTE } } as const;
    const soon = factsOf(W, { routing: { ...still, routesForMs: 14_000 }, evidence: blind });
    expect(decide(soon).status.phase).toBe(W);
    const later = factsOf(W, { routing: { ...still, routesForMs: 15_000 }, evidence: blind });
    expect(decide(later).status.phase).toBe("Draining");
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

describe("Converging and joining", () => {
  test("a breach stops the own Deployment, and stays on the twin until somebody says retry", () => {
    const breached = factsOf("Converging", { evidence: { verdicts: [BREACH] }, own: { rolledOut: true } });
    const { status, desired } = decide(breached);
    expect(status).toMatchObject({ phase: "Converging", stalled: { reason: "ConvergeBreached" } });
    expect(desired).toMatchObject({ own: "pause", labels: { stable: TWIN_PODS } });
    const retry = { id: "r", verb: "retry", by: "ann" } as const;
    const again = decide(factsOf("Converging", { status, commands: [retry], evidence: { verdicts: [BREACH] } }));
    expect(again.status).toMatchObject({ phase: "Converging", epoch: 1 });
    expect(again.status.stalled).toBeUndefined();
    expect(again.desired.own).toBe("release");
  });

  test("a lost twin is made again at once, and vetted own pods stand in for it", () => {
    const { status, desired } = decide(factsOf("Converging", { twin: { exists: false, replicas: 0, available: 0 } }));
    expect(status.stalled?.reason).toBe("CandidateLost");
    expect(desired).toMatchObject({
      own: "pause",
      twin: { replicas: SIZE },
      labels: { stable: SELECTOR, canary: SELECTOR },
    });
    const back = decide(factsOf("Converging", { status }));
    expect(back.status.stalled).toBeUndefined();
    expect(back.desired).toMatchObject({ own: "release", labels: { stable: TWIN_PODS } });
  });

  test("own pods that nobody vetted never stand in", () => {
    const { desired } = decide(factsOf("Converging", { own: { unvettedPods: 1 }, twin: { available: 0 } }));
    expect(desired.labels?.stable).toEqual(TWIN_PODS);
  });

  test("two causes of a stall at once do not take turns for ever", () => {
    const facts = factsOf("Converging", {
      twin: { available: 0 },
      status: { deadlines: { progress: rfc3339(NOW - 1) } },
      evidence: { verdicts: [BREACH, BREACH_PAUSE] },
    });
    expect(decide(facts).status.stalled?.reason).toBe("ConvergeBreached");
  });

  test("a breach in joining brings the twin back to full, then every user onto it", () => {
    const facts = factsOf("Joining", {
      evidence: { verdicts: [BREACH] },
      twin: { replicas: 2, available: 2, pods: 2 },
    });
    const first = decide(facts);
    expect(first.status.stalled?.reason).toBe("JoinBreached");
    expect(first.desired).toMatchObject({ twin: { replicas: SIZE }, labels: { stable: SELECTOR } });
    const whole = decide(factsOf("Joining", { status: first.status }));
    expect(whole.desired.labels).toEqual({ stable: TWIN_PODS, canary: TWIN_PODS });
  });

  test("from there a newer template ends it with users on the twin; before that joining is finished", () => {
    const status = { stalled: { reason: "JoinBreached", message: "errors" } };
    const own = { template: "other" } as const;
    const narrowed = { stable: TWIN_PODS, canary: TWIN_PODS, labelsForMs: MINUTE };
    expect(decide(factsOf("Joining", { own, status })).status.phase).toBe("Joining");
    expect(decide(factsOf("Joining", { own, routing: narrowed })).status.phase).toBe("Joining");
    expect(decide(factsOf("Joining", { own, status, routing: narrowed })).status).toMatchObject({
      phase: "Promoted",
      liveOnTwin: true,
    });
  });

  test("a stall by time alone does not stop joining", () => {
    const status = { stalled: { reason: "JoinStalled", message: "" }, deadlines: {} };
    const { desired } = decide(factsOf("Joining", { status, routing: { labelsForMs: MINUTE } }));
    expect(desired.twin).toEqual({ replicas: SIZE - 1 });
  });

  test("a run that only lets the Deployment catch up begins in converging, and knows what to put back", () => {
    const twin = { ...SPEC.to, revision: "checkout-1" };
    const spec = { reason: "Converge" as const, from: twin, to: twin };
    const { status, desired } = decide(
      factsOf("Preflight", { spec, twin: { exists: true, available: SIZE, replicas: SIZE } }),
    );
    expect(status).toMatchObject({ phase: "Converging", asFound: expect.anything() });
    expect(desired).toMatchObject({
      own: "release",
      labels: { stable: TWIN_PODS },
      weight: 0,
      twin: { replicas: SIZE },
    });
    expect(desired.previousTwin).toBeUndefined();
  });

  test("without the policy the own Deployment is paused again, and seen to be, before joining", () => {
    const own = { rolledOut: true, onlyCandidate: true };
    const open = factsOf("Converging", { hold: "pause", own: { ...own, paused: false, pauseObserved: false } });
    expect(decide(open)).toMatchObject({ status: { phase: "Converging" }, desired: { own: "pause" } });
    const unseen = factsOf("Converging", { hold: "pause", own: { ...own, pauseObserved: false } });
    expect(decide(unseen).status.phase).toBe("Converging");
    expect(decide(factsOf("Converging", { hold: "pause", own })).status.phase).toBe("Joining");
  });

  test("a run from a twin takes that twin away only in its own converging, or once it is released", () => {
    const from = { ...SPEC.from, track: "twin" as const, workload: "checkout-0" };
    for (const state of STATES) {
      const { desired, status } = decide(factsOf(state, { spec: { from }, previousTwin: {} }));
      expect(status.phase).toBe(state);
      expect(desired.previousTwin, state).toBe(state === "Converging" ? "gone" : undefined);
    }
  });
});
