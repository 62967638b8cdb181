import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { decide } from "./decide.ts";
import { command, factsOf, MINUTE, NOW, type Given } from "./facts.test-helper.ts";
import { rfc3339 } from "./memory.ts";
import type { WindowState } from "./windows.ts";

const OPENING = NOW + 5 * MINUTE;
const closed = (overrun: "Finish" | "Hold" | "Rollback"): WindowState => ({
  kind: "closed",
  overrun,
  message: "inside the deny window freeze",
  opensAtMs: OPENING,
});
const decided = (phase: Phase, overrun: "Finish" | "Hold" | "Rollback", given: Given = {}) =>
  decide(factsOf(phase, { window: closed(overrun), ...given }));

describe("a window that is shut", () => {
  const atGate: Given = { status: { approved: ["third"] } };

  test("keeps the gate shut, says until when, and looks again then", () => {
    const { status, notices, wakeAtMs } = decided("Waiting", "Hold", atGate);
    expect(status.phase).toBe("Waiting");
    expect(status.window).toEqual({ message: "inside the deny window freeze", opensAt: rfc3339(OPENING) });
    expect(notices).toMatchObject([
      { reason: "WaitingForWindow", type: "Normal", message: "inside the deny window freeze" },
    ]);
    expect(wakeAtMs).toBeLessThanOrEqual(OPENING);
  });

  test("is told once", () => {
    const first = decided("Waiting", "Hold", atGate);
    const again = decided("Waiting", "Hold", { status: { ...atGate.status, window: first.status.window } });
    expect(again.notices).toEqual([]);
    const remark = {
      from: "Waiting",
      to: "Waiting",
      event: "waitingForWindow",
      message: "inside the deny window freeze",
    };
    expect(first.status.transitions).toMatchObject([remark]);
    expect(again.status.transitions).toEqual([]);
  });

  test("that opens lets the run go on, and is said no more", () => {
    const { status } = decide(factsOf("Waiting", { status: { approved: ["third"], window: { message: "shut" } } }));
    expect(status.phase).toBe("Fencing");
    expect(status.window).toBeUndefined();
  });

  test.each(["Fencing", "Scaling"] as const)(
    "sends a run in %s back to the gate: its weight is not written",
    (phase) => {
      const { status, desired } = decided(phase, "Hold");
      expect(status.phase).toBe("Waiting");
      expect(desired.weight).toBeUndefined();
    },
  );

  test("in Shifting stops a weight that is not written yet, and lets a written one finish", () => {
    expect(decided("Shifting", "Hold").status.phase).toBe("Waiting");
    const written = decided("Shifting", "Hold", { routing: { maxWeight: 30 } });
    expect(written.status.phase).toBe("Shifting");
    expect(written.desired.weight).toBe(30);
  });

  test("does not raise a weight again that a GitOps tool has lowered", () => {
    const gitOps = { manager: "argocd-controller", time: rfc3339(NOW) };
    const { status, desired } = decided("Observing", "Hold", { routing: { maxWeight: 0, minWeight: 0, gitOps } });
    expect(status.phase).toBe("Waiting");
    expect(desired.weight).toBeUndefined();
  });

  test("ends no observation, but its pass goes no further than the gate", () => {
    const pass = {
      verdicts: [{ objective: "errors", verdict: "pass" as const, onBreach: "Rollback" as const, message: "ok" }],
    };
    expect(decided("Observing", "Hold").status.phase).toBe("Observing");
    expect(decided("Observing", "Hold", { evidence: pass }).status).toMatchObject({
      phase: "Waiting",
      step: 1,
      weightInForce: 10,
    });
  });

  test("is passed by no command", () => {
    const commands = [command("promote"), command("approve", { step: "third" })];
    expect(decided("Waiting", "Hold", { commands }).status).toMatchObject({ phase: "Waiting", step: 2 });
    expect(decided("Paused", "Hold", { commands: [command("resume")] }).status.phase).toBe("Waiting");
  });

  test.each([
    "SwappingLabels",
    "SwappingWeight",
    "Keeping",
    "Converging",
    "Joining",
    "Undoing",
    "Withdrawing",
    "Draining",
  ] as const)("changes nothing in %s, whatever its overrun", (phase) => {
    for (const overrun of ["Finish", "Hold", "Rollback"] as const)
      expect(decided(phase, overrun).status.phase).toBe(decide(factsOf(phase)).status.phase);
  });
});

describe("never stands in the way of going back", () => {
  test.each(["Waiting", "Scaling", "Shifting", "Observing", "Paused"] as const)("from %s", (phase) => {
    const breach = {
      verdicts: [{ objective: "errors", verdict: "breach" as const, onBreach: "Rollback" as const, message: "bad" }],
    };
    for (const overrun of ["Finish", "Hold"] as const) {
      expect(decided(phase, overrun, { evidence: breach }).status.phase).toBe("Withdrawing");
      expect(decided(phase, overrun, { commands: [command("abort")] }).status.phase).toBe("Withdrawing");
    }
  });
});

describe("overrun", () => {
  test("Finish lets a run that has given users to the candidate go on, and no other begin", () => {
    expect(decided("Waiting", "Finish", { status: { approved: ["third"] } }).status.phase).toBe("Fencing");
    const first = { step: 0, weightInForce: 0 };
    expect(decided("Waiting", "Finish", { status: first }).status.phase).toBe("Waiting");
  });

  test.each(["Waiting", "Fencing", "Scaling", "Shifting", "Observing", "Paused"] as const)(
    "Rollback takes the users back from %s",
    (phase) => {
      const carrying: Given =
        phase === "Fencing"
          ? {
              status: { weightInForce: 10 },
              twin: { exists: true, available: 1 },
              routing: { maxWeight: 10, minWeight: 10 },
            }
          : {};
      const { status: next, desired } = decided(phase, "Rollback", carrying);
      expect(next).toMatchObject({ phase: "Withdrawing", end: { reason: "WindowClosed" } });
      expect(desired.atMost).toBe(0);
    },
  );

  test("Rollback has nothing to take back before the first weight", () => {
    expect(decided("Waiting", "Rollback", { status: { step: 0, weightInForce: 0 } }).status.phase).toBe("Waiting");
  });
});
