import { rolloutObject, type House } from "../../src/controller/fixture.test-helper.ts";

/** What its user makes of the Rollout's spec in the middle of things. */
export const SPEC_STATES = [
  "asWas",
  "steeper",
  "gated",
  "frozenNowAndThen",
  "takenBackNowAndThen",
  "unreadable",
] as const;
export type SpecState = (typeof SPEC_STATES)[number];

const OBJECTS = "rollouts.sluice.dev";

const EVERY_OTHER_MINUTE = { name: "rush", kind: "Deny", schedule: "*/2 * * * *", duration: "1m" } as const;

const LAID_OVER: Readonly<Record<SpecState, Readonly<Record<string, unknown>>>> = {
  asWas: {},
  steeper: { steps: [{ name: "first", weight: 50, observe: "2s" }] },
  gated: { steps: [{ name: "first", weight: 10, observe: "3s", approval: {} }] },
  frozenNowAndThen: { windows: [{ ...EVERY_OTHER_MINUTE, overrun: "Hold" }] },
  takenBackNowAndThen: { windows: [{ ...EVERY_OTHER_MINUTE, overrun: "Rollback" }] },
  unreadable: { steps: [{ name: "first", weight: 10, observe: "a moment" }] },
};

/** Writes the spec of the Rollout, if there is one, but for whether it is suspended. */
export function setSpec({ sim }: House, state: SpecState): void {
  const found = sim.store.list(OBJECTS, "shop")[0];
  if (found === undefined) return;
  const { suspend } = found["spec"] as { suspend?: boolean };
  const spec = {
    ...(rolloutObject()["spec"] as object),
    ...LAID_OVER[state],
    ...(suspend === undefined ? {} : { suspend }),
  };
  // As a server keeps it that knows fewer rules than the controller.
  sim.store.put(OBJECTS, { ...found, spec });
}
