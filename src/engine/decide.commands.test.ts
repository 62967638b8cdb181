import { describe, expect, test } from "vitest";
import { STATES, type Phase, type State, type Verb } from "../api/phase.ts";
import { decide } from "./decide.ts";
import {
  BREACH,
  LIVE_PODS,
  MINUTE,
  NOW,
  OBSERVING_STILL,
  TWIN_PODS,
  command,
  factsOf,
  verdictOf,
} from "./facts.test-helper.ts";
import { rfc3339 } from "./memory.ts";

type Answer = Phase | "=" | "no" | "later";
type Answers = Readonly<Record<Exclude<Verb, "approve" | "skip">, Answer>>;

/** The table of commands in docs/reference/machine.md, written down a second time by hand: where each command leads in one pass. */
const UNDERWAY: Answers = {
  abort: "Withdrawing",
  pause: "Paused",
  resume: "no",
  promote: "=",
  undo: "no",
  retry: "no",
};
const BACK: Answers = { abort: "=", pause: "=", resume: "no", promote: "no", undo: "=", retry: "=" };
const ANSWERS: Readonly<Record<State, Answers>> = {
  Preflight: { abort: "Aborted", pause: "=", resume: "=", promote: "no", undo: "no", retry: "=" },
  // The gate that promote meets lets the run go on in the same pass.
  Waiting: { ...UNDERWAY, promote: "Fencing" },
  Fencing: { ...UNDERWAY, abort: "Draining", promote: "later" },
  Scaling: UNDERWAY,
  Shifting: { ...UNDERWAY, promote: "later" },
  Observing: { ...UNDERWAY, promote: "Fencing" },
  Paused: { ...UNDERWAY, pause: "=", resume: "Fencing", promote: "no" },
  SwappingLabels: { ...UNDERWAY, pause: "no", undo: "Withdrawing" },
  SwappingWeight: { abort: "Undoing", pause: "no", resume: "no", promote: "=", undo: "Undoing", retry: "no" },
  Keeping: { abort: "Undoing", pause: "=", resume: "=", promote: "Converging", undo: "Undoing", retry: "no" },
  Undoing: BACK,
  Converging: { abort: "no", pause: "no", resume: "no", promote: "=", undo: "later", retry: "=" },
  Joining: { abort: "no", pause: "no", resume: "no", promote: "=", undo: "later", retry: "=" },
  Releasing: BACK,
  Withdrawing: BACK,
  Draining: { ...BACK, retry: "no" },
};

const CASES = STATES.flatMap((state) =>
  Object.entries(ANSWERS[state]).map(([verb, answer]) => ({ state, verb: verb as Verb, answer })),
);

describe("a command", () => {
  test.each(CASES)("$verb in $state: $answer", ({ state, verb, answer }) => {
    const { status, notices } = decide(factsOf(state, { commands: [command(verb)] }));
    const refused = notices.filter((notice) => notice.reason === "CommandRefused");
    const stays = answer === "=" || answer === "no" || answer === "later";
    expect(status.phase).toBe(stays ? state : answer);
    expect(status.commandsSeen).toEqual(answer === "later" ? [] : [`${verb}-1`]);
    expect(refused).toHaveLength(answer === "no" ? 1 : 0);
    if (answer === "no") {
      expect(refused[0]?.message).toMatch(new RegExp(`^${verb} by ann: refused in ${state}: .{15,}`));
      const record = { from: state, to: state, event: "commandRefused", by: "ann", message: refused[0]?.message };
      expect(status.transitions).toMatchObject([record]);
    } else if (answer !== "later") expect(status.transitions[0]).toMatchObject({ event: verb, by: "ann" });
  });

  test("is carried out once", () => {
    const first = decide(factsOf("Observing", { commands: [command("pause")] })).status;
    const resumed = factsOf("Observing", { status: { ...first, phase: "Observing" }, commands: [command("pause")] });
    expect(decide(resumed).status.phase).toBe("Observing");
  });

  test("is carried out after what the facts say", () => {
    const facts = factsOf("Observing", { commands: [command("pause")], evidence: { verdicts: [BREACH] } });
    expect(decide(facts).status).toMatchObject({ phase: "Withdrawing", commandsSeen: ["pause-1"] });
  });

  test("after the end is left as it is", () => {
    expect(decide(factsOf("Promoted", { commands: [command("undo")] })).status.commandsSeen).toEqual([]);
  });

  test("a hundred at once are no bug of the engine", () => {
    const commands = Array.from({ length: 100 }, (_, i) => command("approve", { id: `a${i}`, step: "first" }));
    const { status } = decide(factsOf("Observing", { commands }));
    expect(status.commandsSeen).toHaveLength(100);
    expect(status.stalled).toBeUndefined();
  });

  test("that waits for a later state lets the next one by", () => {
    const commands = [command("promote"), command("abort")];
    expect(decide(factsOf("Shifting", { commands })).status).toMatchObject({
      phase: "Withdrawing",
      commandsSeen: expect.arrayContaining(["abort-1"]),
    });
  });

  test("for a step that there is not is refused with the names that there are", () => {
    const { notices } = decide(factsOf("Waiting", { commands: [command("approve", { step: "second" })] }));
    expect(notices[0]?.message).toContain("first, third, all-50, all");
  });
});

describe("approval", () => {
  test("of the step that was observed opens the gate to the next one", () => {
    const { status } = decide(factsOf("Waiting", { commands: [command("approve", { step: "third" })] }));
    expect(status).toMatchObject({ phase: "Fencing", step: 2, approved: ["third"] });
  });

  test("of another step does not", () => {
    const { status } = decide(factsOf("Waiting", { commands: [command("approve", { step: "first" })] }));
    expect(status).toMatchObject({ phase: "Waiting", approved: ["first"] });
  });

  test.each(["Preflight", "Fencing", "Scaling", "Shifting", "Observing", "Paused"] as const)(
    "given early, in %s, holds when its time comes",
    (state) => {
      const early = decide(factsOf(state, { commands: [command("approve", { step: "third" })] })).status;
      expect(early).toMatchObject({ phase: state, approved: ["third"] });
      expect(decide(factsOf("Waiting", { status: { approved: early.approved } })).status.phase).toBe("Fencing");
    },
  );

  test("by itself does not shorten the observation", () => {
    const facts = factsOf("Observing", { status: { step: 1 }, commands: [command("approve", { step: "third" })] });
    expect(decide(facts).status).toMatchObject({ phase: "Observing", step: 1 });
  });
});

describe("skip", () => {
  test("in the step at hand goes on to the next, its approval settled", () => {
    const { status } = decide(factsOf("Observing", { commands: [command("skip", { step: "first" })] }));
    expect(status).toMatchObject({ phase: "Fencing", step: 1, weightInForce: 10, approved: ["first"] });
  });

  test("while its pods start never exposes them at that step", () => {
    const { status } = decide(
      factsOf("Scaling", { status: { step: 0, weightInForce: 0 }, commands: [command("skip", { step: "first" })] }),
    );
    expect(status).toMatchObject({ phase: "Fencing", step: 1, weightInForce: 0 });
  });

  test("of another step is refused, and so is skipping the last one", () => {
    const other = decide(factsOf("Observing", { commands: [command("skip", { step: "third" })] }));
    expect(other.notices[0]?.message).toContain("the step at hand is first, not third");
    const last = factsOf("Observing", {
      status: { step: 3, weightInForce: 100 },
      commands: [command("skip", { step: "all" })],
    });
    expect(
      decide({ ...last, routing: { ...last.routing, maxWeight: 100, minWeight: 100 } }).notices[0]?.message,
    ).toContain("cannot be skipped");
  });

  test("at a gate meets it", () => {
    expect(decide(factsOf("Waiting", { commands: [command("skip", { step: "third" })] })).status.phase).toBe("Fencing");
  });
});

describe("promote", () => {
  test("in Observing goes to the promotion, every approval on the way settled", () => {
    const { status } = decide(factsOf("Observing", { commands: [command("promote")] }));
    expect(status).toMatchObject({ phase: "Fencing", step: 2, weightInForce: 10, approved: ["first", "third"] });
  });

  test("in Scaling asks for the pods of the promotion instead", () => {
    const { status, desired } = decide(factsOf("Scaling", { commands: [command("promote")] }));
    expect(status).toMatchObject({ phase: "Scaling", step: 2 });
    expect(desired.twin).toEqual({ replicas: 2 });
  });

  test("given while the weight shifts is taken in Observing", () => {
    const commands = [command("promote")];
    const shifting = decide(factsOf("Shifting", { commands })).status;
    expect(
      decide(factsOf("Observing", { status: { commandsSeen: shifting.commandsSeen }, commands })).status.step,
    ).toBe(2);
  });

  test("does not begin a step of the promotion again", () => {
    const facts = factsOf("Observing", { status: { step: 2 }, commands: [command("promote")] });
    const { status, notices } = decide(facts);
    expect(status).toMatchObject({ phase: "Observing", step: 2 });
    expect(notices[0]?.message).toContain("under way already");
  });
});

describe("pause and resume", () => {
  test("holds the weight, says who, and counts evidence anew after resume, which goes through the fence", () => {
    const paused = decide(factsOf("Observing", { commands: [command("pause", { reason: "lunch" })] }));
    expect(paused.status).toMatchObject({
      phase: "Paused",
      weightInForce: 10,
      pause: { reason: "Command", by: "ann" },
    });
    expect(paused.desired).toMatchObject({
      atMost: 10,
      labels: { stable: LIVE_PODS, canary: TWIN_PODS },
      twin: { replicas: 1 },
    });
    const resumed = decide(factsOf("Paused", { commands: [command("resume")] }));
    expect(resumed.status).toMatchObject({
      phase: "Fencing",
      epoch: 1,
      evidenceSince: rfc3339(NOW),
      weightInForce: 10,
    });
    expect(resumed.status.pause).toBeUndefined();
    expect(resumed.desired).toMatchObject({ atMost: 10, labels: { stable: LIVE_PODS } });
  });

  test("in Shifting it stays at the weight that is in force, not the one just written", () => {
    const routing = { maxWeight: 30, minWeight: 30 };
    expect(decide(factsOf("Shifting", { routing, commands: [command("pause")] })).desired.atMost).toBe(10);
  });

  test("a breach is still heard while paused", () => {
    expect(decide(factsOf("Paused", { evidence: { verdicts: [BREACH] } })).status.phase).toBe("Withdrawing");
  });

  test("lowering by hand while paused is remembered: a resume begins at 0", () => {
    const lowered = decide(factsOf("Paused", { routing: { minWeight: 0, maxWeight: 0 } })).status;
    expect(lowered).toMatchObject({ phase: "Paused", weightInForce: 0, pause: { withdrawn: true } });
    expect(decide(factsOf("Paused", { status: lowered, commands: [command("resume")] })).desired.atMost).toBe(0);
  });

  test("in Preflight never lets the checks be passed by", () => {
    const good = [{ id: "x", severity: "warn" as const, message: "", remedy: "" }];
    const paused = decide(factsOf("Preflight", { commands: [command("pause")], preflight: undefined })).status;
    expect(paused).toMatchObject({ phase: "Preflight", pause: { reason: "Command" } });
    expect(decide(factsOf("Preflight", { status: paused, preflight: good })).status.phase).toBe("Preflight");
    const commands = [command("pause"), command("resume")];
    const bad = [{ ...good[0], id: "x", severity: "fail" as const, message: "no route", remedy: "add it" }];
    const failing = decide(factsOf("Preflight", { status: paused, preflight: bad, commands })).status;
    expect(failing).toMatchObject({ phase: "Preflight", stalled: { reason: "PreflightFailed" } });
    expect(decide(factsOf("Preflight", { status: failing, preflight: good, commands })).status.phase).toBe("Fencing");
  });

  test("in Keeping stops the keep clock, and resume starts it anew", () => {
    const paused = decide(factsOf("Keeping", { commands: [command("pause")] })).status;
    expect(paused.deadlines.keep).toBeUndefined();
    expect(decide(factsOf("Keeping", { status: paused, nowMs: NOW + 60 * MINUTE })).status.phase).toBe("Keeping");
    const resumed = decide(
      factsOf("Keeping", { status: paused, commands: [command("pause"), command("resume")] }),
    ).status;
    expect(resumed.deadlines.keep).toBe(rfc3339(NOW + 10 * MINUTE));
  });

  test("evidence of an earlier epoch passes nothing", () => {
    const verdicts = [verdictOf("pass")];
    expect(decide(factsOf("Observing", { evidence: { verdicts } })).status.phase).toBe("Fencing");
    expect(decide(factsOf("Observing", { status: { epoch: 1 }, evidence: { epoch: 0, verdicts } })).status.phase).toBe(
      "Observing",
    );
    expect(decide(factsOf("Observing", { evidence: { verdicts: [...verdicts, OBSERVING_STILL] } })).status.phase).toBe(
      "Observing",
    );
  });
});
