import { type Clock, delay, systemClock } from "../../clock.ts";
import { EXIT } from "../failure.ts";
import { frame } from "./frame.ts";
import { happeningLine } from "./lines.ts";
import { sceneOf } from "./scene.ts";
import { openScreen, type Terminal } from "../screen.ts";
import { type Line, render } from "./span.ts";
import { createStory, type Story, type StoryOptions, TICK_MS } from "./story.ts";
import { summaryLines } from "./summary.ts";

export interface DemoFlags {
  fast: boolean;
  json: boolean;
  color: boolean;
}

export interface DemoOptions extends StoryOptions {
  /** @default standard output */
  out?: Terminal;
  /** What paces it on a terminal. @default the system's */
  clock?: Clock;
}

/** Simulated seconds in a second, before the first version and in each act: going wrong is worth a closer look. */
const SPEEDS = [8, 13, 4];
const FRAME_MS = 80;
const HOLD_LAST_MS = 1_200;
/** What a shell gives to a command that Ctrl-C ended. */
const INTERRUPTED = 130;

/** Plays the demo in the form that the flags and the output ask for. Gives the exit code: 0 when it came out as told. */
export async function playDemo(
  flags: DemoFlags,
  { out = process.stdout, clock = systemClock, ...told }: DemoOptions = {},
): Promise<number> {
  const story = await createStory(told);
  const color = flags.color && out.isTTY === true && out.hasColors?.() === true;
  const print = (line: Line) => void out.write(`${render(line, color)}\n`);
  if (flags.json) {
    story.onHappening((happening) => void out.write(`${JSON.stringify(happening)}\n`));
    await playThrough(story);
    out.write(`${JSON.stringify({ type: "summary", ...story.outcome() })}\n`);
  } else {
    if (out.isTTY && !flags.fast) await playLive(story, { color, out, clock });
    else {
      story.onHappening((happening) => {
        if (happening.type !== "transition") print(happeningLine(happening));
      });
      await playThrough(story);
      print([]);
    }
    summaryLines(story.outcome()).forEach(print);
  }
  await story.stop();
  return story.outcome().unmet.length === 0 ? EXIT.ok : EXIT.failed;
}

async function playThrough(story: Story): Promise<void> {
  while (await story.tick());
}

/** In real time, or rather several times as fast, on a terminal's other screen. */
async function playLive(story: Story, on: { color: boolean; out: Terminal; clock: Clock }): Promise<void> {
  const { color, out, clock } = on;
  const screen = openScreen(out);
  // Leaving the process gives the terminal back.
  const interrupt = () => process.exit(INTERRUPTED);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, interrupt);
  const speed = () => SPEEDS[story.act()?.ordinal ?? 0] ?? 1;
  const draw = () => screen.draw(frame(sceneOf(story, speed()), screen.size(), color));
  let dueMs = clock.monotonic();
  for (let playing = true; playing; ) {
    const ticks = Math.max(1, Math.round((FRAME_MS * speed()) / TICK_MS));
    dueMs += (ticks * TICK_MS) / speed();
    for (let tick = 0; tick < ticks && playing; tick++) playing = await story.tick();
    draw();
    await delay(clock, Math.max(0, dueMs - clock.monotonic()));
  }
  await delay(clock, HOLD_LAST_MS);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, interrupt);
  screen.leave();
}
