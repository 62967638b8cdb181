import { type Clock, wallBaseMs } from "../clock.ts";

/**
 * Wall time that goes on from where it began, whatever the clock is set to meanwhile: numbers that were read before and after are
 * in order, and as far apart as they were. Milliseconds since the epoch.
 */
export interface PageClock {
  now(): number;
  /** A time that was said by the clock as it is now, or a moment ago: nothing that is known lies after the present. */
  of(wallMs: number): number;
  /** The same, for the clock as it is now. */
  toWall(pageMs: number): number;
}

export function createPageClock(clock: Clock): PageClock {
  const beganMs = wallBaseMs(clock);
  const setBackMs = () => Math.round(beganMs - wallBaseMs(clock));
  const now = () => clock.now() + setBackMs();
  return {
    now,
    of: (wallMs) => Math.min(wallMs + setBackMs(), now()),
    toWall: (pageMs) => pageMs - setBackMs(),
  };
}
