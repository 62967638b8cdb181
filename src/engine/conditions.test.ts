import { describe, expect, test } from "vitest";
import type { Condition } from "../api/condition.ts";
import { PHASES, type Phase } from "../api/phase.ts";
import { END_REASONS, type RolloutStatus, type RunStatus } from "../api/run.ts";
import { rolloutStatusSchema } from "../api/run.ts";
import {
  ROW_OF,
  conditionsOf,
  phaseOf,
  restStanding,
  rolloutStatus,
  runStanding,
  type Row,
  type Standing,
} from "./conditions.ts";
import { SPEC, statusOf } from "./facts.test-helper.ts";
import type { RestDecision } from "./rest.ts";

const AT = "2026-01-01T12:00:00Z";
const LATER = "2026-01-01T13:00:00Z";
const GENERATION = 7;

function standing(phase: Phase, given: Partial<RunStatus> = {}): Standing {
  return runStanding("checkout-1", SPEC, statusOf(phase, given));
}

function conditions(of: Standing, before: readonly Condition[] = []): Condition[] {
  return conditionsOf(of, GENERATION, before, AT);
}

/** Type, status and reason of each condition. */
function seen(of: Standing): Record<string, string> {
  return Object.fromEntries(conditions(of).map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

const ROW_CONDITIONS: Readonly<Record<Row, Record<string, string>>> = {
  Progressing: { Ready: "Unknown Progressing", Reconciling: "True Progressing" },
  Paused: { Ready: "Unknown Paused", Reconciling: "True Paused" },
  RollingBack: { Ready: "False RollingBack", Reconciling: "True RollingBack" },
  RolledBack: { Ready: "False RolledBack", Stalled: "True RolledBack" },
  Stalled: { Ready: "False X", Stalled: "True X" },
  Succeeded: { Ready: "True Succeeded" },
};

describe("the conditions of a run", () => {
  test("every phase has a row of the contract", () => {
    expect(Object.keys(ROW_OF).toSorted()).toEqual([...PHASES].toSorted());
  });

  test.each(PHASES)("%s is as its row says", (phase) => {
    const expected = ROW_CONDITIONS[ROW_OF[phase]];
    const given = phase === "Aborted" ? { ...expected, Ready: "False Aborted" } : expected;
    expect(seen(standing(phase))).toEqual(given);
  });

  test.each(PHASES)("%s: Reconciling and Stalled are never both there, and only ever True", (phase) => {
    for (const stalled of [undefined, { reason: "RollbackNotApplied", message: "look" }]) {
      const all = conditions(standing(phase, { stalled, liveOnTwin: true }));
      const abnormal = all.filter(({ type }) => type === "Reconciling" || type === "Stalled");
      expect(abnormal.length).toBeLessThanOrEqual(1);
      for (const { status } of abnormal) expect(status).toBe("True");
      expect(all.filter(({ type }) => type === "Ready")).toHaveLength(1);
      expect(new Set(all.map(({ type }) => type)).size).toBe(all.length);
      for (const { reason, message, observedGeneration } of all) {
        expect(reason).toMatch(/^[A-Z][A-Za-z]+$/);
        expect(message).not.toBe("");
        expect(observedGeneration).toBe(GENERATION);
      }
    }
  });

  test.each(END_REASONS)("a run rolled back for %s says so in Ready, and RolledBack in Stalled", (reason) => {
    const found = seen(standing("RolledBack", { end: { reason, message: "because" } }));
    expect(found).toEqual({
      Ready: `False ${reason === "Breach" ? "SLOBreached" : reason}`,
      Stalled: "True RolledBack",
      ...(reason === "RouteContended" ? { RouteContended: "True GitOpsManager" } : {}),
    });
  });

  test("a pause by missing evidence is told apart in Reconciling", () => {
    const pause = { reason: "Inconclusive" as const, message: "no data", withdrawn: false };
    expect(seen(standing("Paused", { pause }))).toEqual({ Ready: "Unknown Paused", Reconciling: "True Inconclusive" });
  });

  test("failed checks are Stalled by that name", () => {
    const stalled = { reason: "PreflightFailed", message: "route-exists: no" };
    expect(seen(standing("Preflight", { stalled }))).toEqual({
      Ready: "False PreflightFailed",
      Stalled: "True PreflightFailed",
    });
  });

  test("a run that is paused before its checks is Paused", () => {
    const pause = { reason: "Command" as const, message: "pause by ann", withdrawn: false };
    expect(standing("Preflight", { pause }).row).toBe("Paused");
  });

  test("users on the twin are a condition of their own beside Ready", () => {
    expect(seen(standing("Promoted", { liveOnTwin: true }))).toEqual({
      Ready: "True Succeeded",
      LiveOnTwin: "True TemplateDiffers",
    });
  });

  test("messages say what is waited for, and what to do", () => {
    expect(standing("Waiting").message).toContain("waiting for the approval of step third");
    expect(standing("Waiting", { approved: ["third"] }).message).toContain("waiting for the next step");
    expect(standing("Paused").message).toContain("pause by ann; continue with resume, or end it with abort");
    expect(standing("Observing").message).toContain("step first, 10% of the users");
  });

  test("the time of a transition changes only with the status", () => {
    const before = conditions(standing("Observing")).map((condition) => ({ ...condition, lastTransitionTime: LATER }));
    const same = conditionsOf(standing("Paused"), GENERATION, before, AT);
    expect(same.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([LATER, LATER]);
    const ready = conditionsOf(standing("Promoted"), GENERATION, before, AT);
    expect(ready.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])).toEqual([["Ready", AT]]);
  });
});

describe("the conditions at rest", () => {
  const RESTS: readonly [RestDecision, Record<string, string>][] = [
    [
      { kind: "invalid", message: "bad" },
      { Ready: "False InvalidSpec", Stalled: "True InvalidSpec" },
    ],
    [
      { kind: "noWorkload", message: "none" },
      { Ready: "False WorkloadNotFound", Stalled: "True WorkloadNotFound" },
    ],
    [
      { kind: "adopting", message: "wait" },
      { Ready: "Unknown Adopting", Reconciling: "True Adopting" },
    ],
    [{ kind: "adopt" }, { Ready: "Unknown Adopting", Reconciling: "True Adopting" }],
    [
      { kind: "suspended", message: "held" },
      { Ready: "Unknown Paused", Reconciling: "True Suspended" },
    ],
    [
      { kind: "refused", outcome: "RolledBack", message: "no" },
      { Ready: "False RolledBack", Stalled: "True RolledBack" },
    ],
    [
      { kind: "start", reason: "NewRevision" },
      { Ready: "Unknown Starting", Reconciling: "True Starting" },
    ],
    [{ kind: "native" }, { Ready: "True Succeeded" }],
    [{ kind: "idle", own: "leave" }, { Ready: "True Succeeded" }],
  ];

  test.each(RESTS)("$kind", (decision, expected) => {
    expect(seen(restStanding(decision, undefined))).toEqual(expected);
  });

  test("after a rollback it stays rolled back, with the run's own words, until the template changes", () => {
    const last = standing("RolledBack", { end: { reason: "Breach", message: "errors 7 % over 2 %" } });
    const refused: RestDecision = { kind: "refused", outcome: "RolledBack", message: "" };
    expect(restStanding(refused, last)).toEqual(last);
    expect(restStanding({ kind: "idle", own: "leave" }, last).row).toBe("Succeeded");
  });
});

describe("a Rollout's status", () => {
  const before: RolloutStatus = rolloutStatusSchema.parse({});

  test("is unseen until somebody looked", () => expect(before.observedGeneration).toBe(-1));

  test("carries generation, phase and conditions of one and the same look", () => {
    const next = rolloutStatus(before, standing("Observing"), { weight: 10 }, GENERATION, AT);
    expect(next).toMatchObject({ observedGeneration: GENERATION, phase: "Progressing", weight: 10 });
    expect(next.conditions.every(({ observedGeneration }) => observedGeneration === GENERATION)).toBe(true);
  });

  test("names the phase for people", () => {
    expect(phaseOf(standing("Promoted"))).toBe("Healthy");
    expect(phaseOf(standing("Withdrawing"))).toBe("RollingBack");
    expect(phaseOf(standing("Withdrawing", { stalled: { reason: "RollbackNotApplied", message: "m" } }))).toBe(
      "RollbackNotApplied",
    );
  });
});
