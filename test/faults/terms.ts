import type { Clock } from "../../src/clock.ts";
import { startController, type Controller } from "../../src/controller/controller.ts";
import { isSluice, type House } from "../../src/controller/fixture.test-helper.ts";
import { silentTelemetry } from "../../src/controller/telemetry.ts";
import { ApiError } from "../../src/kube/errors.ts";
import { silentLog, type Log } from "../../src/kube/log.ts";
import type { Call, Fault } from "../../src/sim/api.ts";
import type { Random } from "../../src/sim/random.ts";
import type { ApiFault } from "./schedule.ts";

/** The controller's terms, one after the other, and what goes wrong between it and the API server. */
export interface Terms {
  /** Another process, under another name. */
  start(): void;
  /** The one that runs is killed at its `call`th call of the API from now; the next comes `downMs` later. */
  crashAt(call: number, when: CrashMoment, downMs: number): void;
  /** From now on, this share of the calls goes wrong; undefined ends it. */
  setFault(fault: ApiFault | undefined, fraction: number): void;
  /** Its wall clock differs from everybody else's by this much more. */
  jumpClock(byMs: number): void;
  isWorking(): boolean;
  /** Whether this is the process that runs now, by what it writes into status.writer, or one that left a write on its way. */
  isCurrent(identity: string): boolean;
  hasFaults(): boolean;
  /** A write that got no answer may be carried out now. */
  mayComeLate(): boolean;
  /** Writes by Sluice so far, Events not among them. */
  writes(): number;
  /** The most writes by Sluice between two moments of the clock: an engine that never comes to rest does not let time go on. */
  mostAtOnce(): number;
  calm(): void;
  stop(): void;
}

/** Before the call is carried out, after it, or with a write on its way, the first from that call on, which is carried out so much later. */
export type CrashMoment = "before" | "after" | { lateMs: number };

const WRITES: readonly string[] = ["create", "update", "patch", "delete"];
/** A process that writes more than this at one moment is stopped for good: time would never go on. */
const ENOUGH_AT_ONCE = 200;
const isWrite = (call: Call) => WRITES.includes(call.verb) && !call.resource.startsWith("events");

export const isRunaway = (terms: Pick<Terms, "mostAtOnce">): boolean => terms.mostAtOnce() > ENOUGH_AT_ONCE;

const LATEST_MS = 10_000;
const ERRORS: Record<Exclude<ApiFault, "slow" | "late">, () => ApiError> = {
  conflict: () => new ApiError(409, "Conflict", "the object has been modified"),
  error500: () => new ApiError(500, "InternalError", "etcdserver: request timed out"),
  busy: () => new ApiError(429, "TooManyRequests", "too many requests", { retryAfterMs: 2_000 }),
  lost: () => new ApiError(0, "Network", "socket hang up"),
};

interface Term {
  identity: string;
  leading: AbortController;
  controller: Controller | undefined;
}

export function createTerms(house: House, random: Random, log: Log = silentLog): Terms {
  const { sim, clock } = house;
  let current: Term | undefined;
  let identities = 0;
  let skewMs = 0;
  let faulty: { fault: ApiFault; fraction: number } | undefined;
  let doom: { left: number; when: CrashMoment; downMs: number } | undefined;
  /** Until when a write that a process left on its way may be carried out. */
  const mayComeUntilMs = new Map<string, number>();
  let writes = 0;
  let atOnce = 0;
  let mostAtOnce = 0;
  let lastWriteMs = 0;
  const itsClock: Clock = { ...clock, now: () => clock.now() + skewMs };

  function start(): void {
    const identity = `process-${++identities}`;
    const term: Term = { identity, leading: new AbortController(), controller: undefined };
    current = term;
    startController({
      api: sim.as("sluice"),
      prometheus: { default: sim.prometheus },
      clock: itsClock,
      random,
      log,
      telemetry: silentTelemetry,
      identity,
      signal: term.leading.signal,
    }).then(
      (controller) => {
        term.controller = controller;
        if (term.leading.signal.aborted) controller.stop().catch(() => {});
      },
      () => {
        // As its supervisor would.
        if (current === term) clock.after(1_000, () => (current === term ? start() : undefined));
      },
    );
  }

  function stop(): void {
    const term = current;
    current = undefined;
    term?.leading.abort();
    term?.controller?.stop().catch(() => {});
  }

  function kill(downMs: number): void {
    stop();
    clock.after(downMs, () => {
      if (current === undefined) start();
    });
  }

  function counted(): number {
    const nowMs = clock.monotonic();
    writes += 1;
    atOnce = nowMs === lastWriteMs ? atOnce + 1 : 1;
    lastWriteMs = nowMs;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    return atOnce;
  }

  function killed(call: Call): Fault | undefined {
    if (doom === undefined || current === undefined || --doom.left > 0) return undefined;
    const { when, downMs } = doom;
    const error = new ApiError(0, "Network", "the process was killed");
    const isLate = typeof when === "object";
    if (isLate && !isWrite(call)) return undefined;
    doom = undefined;
    leaveWrite(current.identity, isLate ? when.lateMs : 0);
    kill(downMs);
    return isLate ? { error, laterMs: when.lateMs } : { error, afterwards: when === "after" && isWrite(call) };
  }

  function leaveWrite(identity: string, laterMs: number): void {
    mayComeUntilMs.set(identity, Math.max(mayComeUntilMs.get(identity) ?? 0, clock.monotonic() + laterMs));
  }

  function troubled(call: Call): Fault | undefined {
    if (faulty === undefined || random() >= faulty.fraction) return undefined;
    const { fault } = faulty;
    if (fault === "slow") return { delayMs: Math.round(random() * 3_000) };
    if (call.verb === "watch" || (fault !== "error500" && !isWrite(call))) return undefined;
    if (fault === "late") {
      const laterMs = Math.round(random() * LATEST_MS);
      if (current !== undefined) leaveWrite(current.identity, laterMs);
      return { error: ERRORS.lost(), laterMs };
    }
    return { error: ERRORS[fault](), afterwards: fault === "lost" };
  }

  sim.setFault((call) => {
    if (!isSluice(call)) return undefined;
    if (isWrite(call) && counted() > ENOUGH_AT_ONCE) {
      stop();
      return { error: ERRORS.error500() };
    }
    return killed(call) ?? troubled(call);
  });

  return {
    start,
    crashAt: (call, when, downMs) => void (doom = { left: call, when, downMs }),
    setFault: (fault, fraction) => void (faulty = fault === undefined ? undefined : { fault, fraction }),
    jumpClock: (byMs) => void (skewMs += byMs),
    isWorking: () => current?.controller !== undefined,
    isCurrent: (identity) =>
      current?.identity === identity || clock.monotonic() <= (mayComeUntilMs.get(identity) ?? -1),
    hasFaults: () => faulty !== undefined,
    mayComeLate: () => [...mayComeUntilMs.values()].some((untilMs) => clock.monotonic() <= untilMs),
    writes: () => writes,
    mostAtOnce: () => mostAtOnce,
    calm() {
      faulty = undefined;
      doom = undefined;
      skewMs = 0;
    },
    stop() {
      stop();
      sim.stop();
    },
  };
}
