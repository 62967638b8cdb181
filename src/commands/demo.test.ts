import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import { frame } from "./demo/frame.ts";
import type { Happening, Outcome } from "./demo/happening.ts";
import { playDemo } from "./demo/play.ts";
import { type Scene, sceneOf } from "./demo/scene.ts";
import type { Terminal } from "./screen.ts";
import { createStory } from "./demo/story.ts";

const LEAVE_SCREEN = "\u001B[?1049l";

/** Collects what is written to it. */
function paper(terminal: Partial<Terminal> = {}): Terminal & { text(): string } {
  let written = "";
  return { ...terminal, write: (text) => void (written += text), text: () => written };
}

describe("the story", () => {
  const scenes: Scene[] = [];
  const happenings: Happening[] = [];
  let outcome: Outcome;

  beforeAll(async () => {
    const story = await createStory();
    story.onHappening((happening) => void happenings.push(happening));
    while (await story.tick()) if (story.elapsedMs() % 1_000 === 0) scenes.push(sceneOf(story, 1));
    outcome = story.outcome();
    await story.stop();
  });

  test("promotes the good version without one failed request", () => {
    expect(outcome.unmet).toEqual([]);
    expect(outcome.acts[0]).toMatchObject({ version: "v2", outcome: "Promoted", peakPercent: 100, failed: 0 });
  });

  test("takes the bad version back within seconds, by its numbers, before it had more than the first step's users", () => {
    const bad = outcome.acts[1];
    expect(bad).toMatchObject({ version: "v3-errors50", outcome: "RolledBack", peakPercent: 10 });
    expect(bad?.evidence).toMatchObject({ objective: "errors", limitFraction: 0.02 });
    expect(bad?.why).toContain(`${bad?.evidence?.bad} of ${bad?.evidence?.total} requests`);
    expect(bad?.failureSpanMs).toBeLessThan(8_000);
  });

  test("gives the good version its weights one after the other", () => {
    const promoted = happenings.findIndex(
      ({ type, ...rest }) => type === "event" && "reason" in rest && rest.reason === "Promoted",
    );
    const weights = happenings
      .slice(0, promoted)
      .flatMap((happening) => (happening.type === "weights" ? [happening.shares] : []))
      .map((shares) => shares.reduce((sum, { versions, percent }) => sum + (versions.includes("v2") ? percent : 0), 0));
    expect([...new Set(weights)]).toEqual([0, 10, 30, 100]);
  });

  test.each([
    [60, 20],
    [80, 24],
    [120, 40],
  ])("fits a terminal of %i columns and %i rows at every moment", (columns, rows) => {
    for (const scene of scenes) {
      const lines = frame(scene, { columns, rows }, false);
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect([...line].length).toBeLessThan(columns);
    }
  });

  test("shows the split, the verdict with its numbers and the step that failed", () => {
    const breached = scenes.find(({ phase }) => phase === "Withdrawing") as Scene;
    const { bad, total } = outcome.acts[1]?.evidence ?? {};
    const text = frame(breached, { columns: 120, rows: 40 }, false).join("\n");
    expect(text).toContain("stable 90% → v2  ·  canary 10% → v3-errors50");
    expect(text).toContain(`✗ breach  ${bad} of ${total} failed`);
    expect(text).toContain("✗ first 10%");
    expect(text).toMatch(/twin +checkout-2 +■ +1\/1 ready/);
  });

  test("has colours only where they are wanted", () => {
    const [scene] = scenes as [Scene];
    expect(frame(scene, { columns: 80, rows: 24 }, false).join("")).not.toContain("\u001B");
    expect(frame(scene, { columns: 80, rows: 24 }, true).join("")).toContain("\u001B[");
  });
});

describe("playing it", () => {
  test("as JSON gives one object a line and the summary last", async () => {
    const out = paper();
    expect(await playDemo({ fast: true, json: true, color: true }, { out })).toBe(0);
    const lines = out
      .text()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Happening | ({ type: "summary" } & Outcome));
    expect(new Set(lines.map(({ type }) => type))).toEqual(
      new Set(["event", "transition", "weights", "command", "summary"]),
    );
    expect(lines.at(-1)).toMatchObject({
      type: "summary",
      unmet: [],
      acts: [{ outcome: "Promoted" }, { outcome: "RolledBack" }],
    });
  });

  test("without a terminal tells it line by line, and what did not come out as told", async () => {
    const out = paper();
    const images = ["shop/checkout:v2-errors50", "shop/checkout:v3-errors50"] as const;
    expect(await playDemo({ fast: false, json: false, color: true }, { out, images })).toBe(1);
    expect(out.text()).not.toContain("\u001B");
    expect(out.text()).toMatch(/^ \d\d:\d\d SLOBreached {6}users are taken away/m);
    expect(out.text()).toMatch(/✗ v3-errors50 rolled back after .*\n {3}\d+ of [\d,]+ requests failed/);
    expect(out.text()).toContain("✗ not as told: v2-errors50 should be promoted; it is RolledBack");
  });

  test("on a terminal takes less than 19 s, and gives the terminal back before the summary", async () => {
    const out = paper({ isTTY: true, columns: 80, rows: 24, hasColors: () => true });
    const clock = createManualClock();
    const played: { exitCode?: number } = {};
    const playing = playDemo({ fast: false, json: false, color: true }, { out, clock }).then((exitCode) => {
      played.exitCode = exitCode;
    });
    await clock.advanceUntil(() => played.exitCode !== undefined, 60_000);
    await playing;
    expect(played.exitCode).toBe(0);
    expect(clock.monotonic()).toBeLessThan(19_000);
    expect(out.text().split(LEAVE_SCREEN)).toHaveLength(2);
    expect(out.text().split(LEAVE_SCREEN)[1]).toContain("VirtualService shop/checkout at the end");
  });

  test("prints what README shows of it, line for line but for what is left out", async () => {
    const out = paper();
    await playDemo({ fast: true, json: false, color: false }, { out });
    const printed = out.text().split("\n");
    const readme = readFileSync(join(import.meta.dirname, "..", "..", "README.md"), "utf8");
    const shown = readme.split("```").find((block) => block.trimStart().startsWith("00:00")) ?? "";
    const lines = shown.split("\n").filter((line) => line.trim() !== "");
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      const start = ` ${line.replace(/ \.\.\.$/, "")}`;
      expect(printed.some((each) => each.startsWith(start)) ? "printed" : line).toBe("printed");
    }
  });
});
