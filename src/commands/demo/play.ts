import { delay, systemClock } from "../../clock.ts";
import { EXIT } from "../failure.ts";
import { frame } from "./frame.ts";
import { happeningLine } from "./lines.ts";
import { sceneOf } from "./scene.ts";
import { openScreen } from "./screen.ts";
import { type Line, render } from "./span.ts";
import { createStory, type Story, TICK_MS } from "./story.ts";
import { summaryLines } from "./summary.ts";

export interface DemoFlags {
  fast: boolean;
  json: boolean;
  color: boolean;
}

/** Simulated seconds in a second, before the first version and in each act: going wrong is worth a closer look. */
const SPEEDS = [8, 13, 4];
const FRAME_MS = 80;
const HOLD_LAST_MS = 1_200;
/** What a shell gives to a command that Ctrl-C ended. */
const INTERRUPTED = 130;

/** Plays the demo in the form that the flags and the output ask for. Gives the exit code: 0 when it came out as told. */
export async function playDemo(flags: DemoFlags): Promise<number> {
  const out = process.stdout;
  const story = await createStory();
  const color = flags.color && out.isTTY && out.hasColors();
  const print = (line: Line) => void out.write(`${render(line, color)}\n`);
  if (flags.json) {
    story.onHappening((happening) => void out.write(`${JSON.stringify(happening)}\n`));
    await playThrough(story);
    out.write(`${JSON.stringify({ type: "summary", ...story.outcome() })}\n`);
  } else {
    if (out.isTTY && !flags.fast) await playLive(story, color);
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
async function playLive(story: Story, color: boolean): Promise<void> {
  const screen = openScreen(process.stdout);
  // Leaving the process gives the terminal back.
  const interrupt = () => process.exit(INTERRUPTED);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, interrupt);
  const speed = () => SPEEDS[story.act()?.ordinal ?? 0] ?? 1;
  const draw = () => screen.draw(frame(sceneOf(story, speed()), screen.size(), color));
  let dueMs = systemClock.monotonic();
  for (let playing = true; playing; ) {
    const ticks = Math.max(1, Math.round((FRAME_MS * speed()) / TICK_MS));
    dueMs += (ticks * TICK_MS) / speed();
    for (let tick = 0; tick < ticks && playing; tick++) playing = await story.tick();
    draw();
    await delay(systemClock, Math.max(0, dueMs - systemClock.monotonic()));
  }
  await delay(systemClock, HOLD_LAST_MS);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, interrupt);
  screen.leave();
}
