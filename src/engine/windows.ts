import type { PlannedWindow } from "../api/plan.ts";
import { formatDuration } from "../api/units.ts";
import type { Overrun } from "../api/windows.ts";
import { rfc3339 } from "./memory.ts";
import { lastStart, nextStart, openUntil } from "./window-starts.ts";
import { DAY_MS, formatWall } from "./zone.ts";

/** Whether weights may rise at a moment. */
export type WindowState =
  | { kind: "open" }
  | {
      kind: "closed";
      /** What becomes of a run that is under way: the strictest of what the windows in the way say. */
      overrun: Overrun;
      /** Which windows are in the way, and until when. The same for as long as they are. */
      message: string;
      /** Milliseconds since the epoch; undefined when no opening is in sight. */
      opensAtMs: number | undefined;
    };

const OPEN: WindowState = { kind: "open" };
const MOST_TURNS = 100;
const STRICTEST: readonly Overrun[] = ["Rollback", "Hold", "Finish"];

/**
 * Looks at the windows at `nowMs`. A window is open while last start <= now < start + duration. The windows of each object are judged
 * by themselves: it lets weights rise while none of its Deny windows is open and, if it has any Allow window, one of those is. All
 * objects must. No window at all lets everything through.
 */
export function windowsAt(windows: readonly PlannedWindow[], nowMs: number): WindowState {
  if (windows.length === 0) return OPEN;
  const inTheWay = windowsInTheWay(windows, nowMs);
  if (inTheWay.length === 0) return OPEN;
  const opensAtMs = openingAfter(windows, nowMs);
  const overrun = STRICTEST.find((each) => responsible(inTheWay, nowMs).some((window) => window.overrun === each));
  return {
    kind: "closed",
    overrun: overrun ?? "Hold",
    message: `${inTheWay.map(describe).join(", and ")}; ${openingOf(inTheWay, opensAtMs)}`,
    opensAtMs,
  };
}

/** The first moment from `nowMs` on at which weights may rise; undefined when none is in sight. Milliseconds since the epoch. */
export function openingAfter(windows: readonly PlannedWindow[], nowMs: number): number | undefined {
  let atMs = nowMs;
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    const inTheWay = windowsInTheWay(windows, atMs);
    if (inTheWay.length === 0) return atMs;
    const here = atMs;
    const denied = inTheWay.filter(({ kind }) => kind === "Deny").map((window) => openUntil(window, here) ?? here);
    const allowed = bySource(inTheWay.filter(({ kind }) => kind === "Allow")).map((set) =>
      Math.min(...set.map((window) => nextStart(window, here) ?? Number.POSITIVE_INFINITY)),
    );
    atMs = Math.max(...denied, ...allowed);
    if (!Number.isFinite(atMs)) return undefined;
  }
  return undefined;
}

/** Open Deny windows; and of each object all Allow windows, when none of them is open. */
function windowsInTheWay(windows: readonly PlannedWindow[], atMs: number): PlannedWindow[] {
  const isOpen = (window: PlannedWindow) => lastStart(window, atMs) !== undefined;
  const denying = windows.filter((window) => window.kind === "Deny" && isOpen(window));
  const allowing = bySource(windows.filter(({ kind }) => kind === "Allow"));
  return [...denying, ...allowing.filter((set) => !set.some(isOpen)).flat()];
}

function bySource(windows: readonly PlannedWindow[]): PlannedWindow[][] {
  return [...Map.groupBy(windows, ({ from }) => from).values()];
}

/** Of Allow windows that are all shut it is the one that shut last: a run under way was going by that one. */
function responsible(inTheWay: readonly PlannedWindow[], nowMs: number): PlannedWindow[] {
  const denying = inTheWay.filter(({ kind }) => kind === "Deny");
  const allowing = bySource(inTheWay.filter(({ kind }) => kind === "Allow")).flatMap((set) => {
    const ends = set.map((window) => ({ window, endMs: lastEnd(window, nowMs) }));
    const latest = Math.max(...ends.map(({ endMs }) => endMs));
    return ends.filter(({ endMs }) => endMs === latest).map(({ window }) => window);
  });
  return [...denying, ...allowing];
}

/** When a window that is shut was open last, as far as a year back; -Infinity before that. */
function lastEnd(window: PlannedWindow, nowMs: number): number {
  const start = lastStart(window, nowMs, 366 * DAY_MS);
  return start === undefined ? Number.NEGATIVE_INFINITY : start + window.durationMs;
}

function describe({ name, kind, schedule, durationMs, timeZone, from }: PlannedWindow): string {
  const where = from === "Rollout" ? "" : ` of ${from}`;
  const when = `"${schedule}" for ${formatDuration(durationMs)}, ${timeZone}`;
  return `${kind === "Deny" ? "inside the deny window" : "outside the allow window"} ${name}${where} (${when})`;
}

function openingOf(inTheWay: readonly PlannedWindow[], opensAtMs: number | undefined): string {
  if (opensAtMs === undefined) return "no opening is in sight: change the windows";
  const zone = inTheWay[0]?.timeZone ?? "UTC";
  const local = zone === "UTC" ? "" : ` (${formatWall(zone, opensAtMs)})`;
  return `opens ${rfc3339(opensAtMs).replace(":00.000Z", "Z")}${local}`;
}
