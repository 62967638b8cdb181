import { type Random } from "../../../src/sim/random.ts";
import type { Sluice } from "../../e2e/sluice.ts";
import { WRITES } from "../../lab/fault-proxy/api-call.ts";
import type { FaultProxy } from "../../lab/fault-proxy/fault-proxy.ts";
import type { Rule } from "../../lab/fault-proxy/faults.ts";

export interface Disturbed {
  readonly proxy: FaultProxy;
  readonly sluice: Sluice;
  /** Resolves when this many seconds have passed for the users. */
  readonly pass: (seconds: number) => Promise<void>;
}

/** Goes wrong, for some seconds, and is over when it resolves. */
type Disturbance = (on: Disturbed) => Promise<void>;

const FOR_SECONDS = 4;

function rules(...all: Rule[]): Disturbance {
  return async ({ proxy, pass }) => {
    const offs = all.map((rule) => proxy.inject(rule));
    await pass(FOR_SECONDS);
    for (const off of offs) off();
  };
}

const disturbances: Readonly<Record<string, Disturbance>> = {
  "refused writes": rules(
    { fault: { kind: "answer", code: 409, message: "the object has been modified" }, verbs: WRITES, fraction: 0.3 },
    { fault: { kind: "answer", code: 429, retryAfterSeconds: 1 }, fraction: 0.1 },
    { fault: { kind: "answer", code: 500 }, fraction: 0.1 },
  ),
  "lost answers": rules({ fault: { kind: "resetAfter" }, verbs: WRITES, fraction: 0.3 }),
  "slow answers": rules({ fault: { kind: "slow", ms: 400 }, fraction: 0.5 }),
  "cut watches": rules({ fault: { kind: "cut" }, fraction: 0.5 }, { fault: { kind: "expired" }, fraction: 0.5 }),
  "no connection": async ({ proxy, pass }) => {
    proxy.cutOff();
    await pass(2);
    proxy.reconnect();
  },
  "frozen controller": async ({ sluice, pass }) => {
    sluice.freeze();
    await pass(2);
    sluice.thaw();
  },
};

export const killed: Disturbance = async ({ sluice, pass }) => {
  await sluice.kill();
  await pass(1);
  await sluice.start();
};

/** The longest that one of them lasts, with the start of a controller. */
export const DISTURBED_SECONDS = 6;

/** Draws one that leaves the process alive. */
export function drawDisturbance(random: Random): readonly [name: string, act: Disturbance] {
  const all = Object.entries(disturbances);
  return all[Math.floor(random() * all.length)] ?? ["killed controller", killed];
}
