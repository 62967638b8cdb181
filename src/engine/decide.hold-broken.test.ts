import { describe, expect, test } from "vitest";
import { STATES, type State } from "../api/phase.ts";
import { decide } from "./decide.ts";
import { NOW, factsOf, type Given } from "./facts.test-helper.ts";

const open = (by: string | undefined, generation = 7): Given => ({
  hold: "pause",
  own: { paused: false, pauseObserved: false, open: { generation, by } },
});

/** Here Sluice opens the Deployment itself, or its template is the one that users are on. */
const OPEN: readonly State[] = ["Converging", "Joining", "Releasing"];

describe("a hold that somebody breaks", () => {
  test.each(STATES.filter((state) => !OPEN.includes(state)))(
    "in %s moves nothing, is told and has a record",
    (state) => {
      const before = decide(factsOf(state));
      const { status, desired, notices } = decide(factsOf(state, open("argocd-controller")));
      expect(status.phase).toBe(before.status.phase);
      expect(desired.own).toBe("pause");
      const records = status.transitions.filter(({ event }) => event === "holdBroken");
      expect(records).toMatchObject([
        { from: state, to: state, message: expect.stringContaining("resumed by argocd-controller ") as unknown },
      ]);
      expect(notices.filter(({ reason }) => reason === "HoldBroken")).toMatchObject([
        { id: "checkout-1.hold-broken.7", message: records[0]?.message },
      ]);
      expect(notices.map(({ reason }) => reason)).not.toContain("Stalled");
    },
  );

  test.each(OPEN)("is no such thing in %s, whose Deployment is open", (state) => {
    const { status, notices } = decide(factsOf(state, open("argocd-controller")));
    expect(status.transitions.map(({ event }) => event)).not.toContain("holdBroken");
    expect(notices.map(({ reason }) => reason)).not.toContain("HoldBroken");
  });

  test("in Joining is told where a pause is the hold and the template is a newer one", () => {
    const { paused, pauseObserved, open: by } = { ...open("ann").own };
    const own = { paused, pauseObserved, open: by, template: "other" } as NonNullable<Given["own"]>;
    const seen = decide(factsOf("Joining", { hold: "pause", own }));
    expect(seen.status.transitions.map(({ event }) => event)).toEqual(["holdBroken"]);
    expect(seen.desired.own).toBe("pause");
    expect(decide(factsOf("Joining", { hold: "policy", own })).status.transitions).toEqual([]);
  });

  test("that names nobody accuses nobody", () => {
    const { notices } = decide(factsOf("Observing", open(undefined)));
    expect(notices.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Deployment checkout was resumed by somebody /),
    ]);
  });

  test("with every sync has a record every ten minutes, an Event each time, and another hand one of its own", () => {
    const first = decide(factsOf("Observing", open("argocd-controller"))).status;
    const later = (ms: number, given: Given) =>
      decide(factsOf("Observing", { ...given, nowMs: NOW + ms, status: first }));
    const records = ({ status }: ReturnType<typeof decide>) =>
      status.transitions.filter(({ event }) => event === "holdBroken").length;
    const second = later(60_000, open("argocd-controller", 9));
    expect(records(second)).toBe(1);
    expect(second.notices.map(({ id }) => id)).toEqual(["checkout-1.hold-broken.9"]);
    expect(records(later(600_000, open("argocd-controller", 11)))).toBe(2);
    expect(records(later(60_000, open("flux", 9)))).toBe(2);
  });

  test("keeps nothing else from happening in the same pass", () => {
    const { status } = decide(factsOf("Observing", { ...open("ann"), deleting: true }));
    expect(status).toMatchObject({ phase: "Withdrawing", end: { reason: "Deleted" } });
    expect(status.transitions.map(({ event }) => event)).toEqual(["holdBroken", "deleted"]);
  });
});
