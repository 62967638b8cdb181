// Preloaded into a controller (`startSluice`): a machine whose wall clock is off by this much. Monotonic time and timers are right.
const aheadMs = Number(process.env["SLUICE_LAB_CLOCK_AHEAD_MS"]);
if (!Number.isFinite(aheadMs)) throw new Error("SLUICE_LAB_CLOCK_AHEAD_MS: expected a number of milliseconds");
const RealDate = Date;

// Of the same name: some libraries know a Date by it.
globalThis.Date = class Date extends RealDate {
  constructor(...args: [] | ConstructorParameters<DateConstructor>) {
    if (args.length === 0) super(RealDate.now() + aheadMs);
    else super(...args);
  }
  static override now(): number {
    return RealDate.now() + aheadMs;
  }
} as DateConstructor;
