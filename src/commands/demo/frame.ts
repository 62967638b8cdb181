import { formatPercent } from "../../api/units.ts";
import type { Share } from "./happening.ts";
import { barCells, clockText, countText, sparkline } from "./glyphs.ts";
import { happeningLine } from "./lines.ts";
import { REQUESTS_PER_SECOND } from "./story.ts";
import { type Scene, type SceneStep, type SceneVerdict } from "./scene.ts";
import { fit, justify, type Line, type Look, pad, render, span } from "./span.ts";
import type { Workload } from "./world.ts";

export interface FrameSize {
  columns: number;
  rows: number;
}

const LEAST_COLUMNS = 60;
const LABEL = 10;
const NAME = 13;
/** What fills a cell of the error rate's sparkline, at least. */
const LEAST_TOP_PERCENT = 5;
const VERSION_LOOKS: readonly Look[] = ["first", "second", "third"];
const MARKS: Readonly<Record<SceneStep["mark"], { glyph: string; look: Look }>> = {
  passed: { glyph: "✓", look: "good" },
  current: { glyph: "▶", look: "strong" },
  ahead: { glyph: "·", look: "faint" },
  failed: { glyph: "✗", look: "bad" },
};
const VERDICTS: Readonly<Record<SceneVerdict["verdict"], { glyph: string; look: Look; word: string }>> = {
  pass: { glyph: "✓", look: "good", word: "pass" },
  breach: { glyph: "✗", look: "bad", word: "breach" },
  inconclusive: { glyph: "?", look: "doubt", word: "not yet" },
};

/** The picture of a scene: lines that fit a terminal of this size, from 60 columns and 20 rows on. Pure. */
export function frame(scene: Scene, size: FrameSize, color: boolean): string[] {
  // The last cell stays empty: terminals differ in what they do once it is filled.
  const columns = Math.max(LEAST_COLUMNS, size.columns) - 1;
  const looks = versionLooks(scene.versions);
  const fixed: Line[] = [
    justify(
      [span(" sluice demo", "title"), span("  the real controller, a simulated cluster", "faint")],
      [span(clockText(scene.atMs), "strong"), span(` ×${scene.speed} `, "faint")],
      columns,
    ),
    [],
    [span(` ${scene.title}`, "strong")],
    [span(scene.command === "" ? "" : ` $ ${scene.command}`, "faint")],
    [],
    row("run", [
      span(scene.run === "" ? "" : `${scene.run}  `),
      span(scene.phase === undefined ? "" : `${scene.phase}  `, phaseLook(scene)),
      span(scene.phaseText, scene.phase === undefined ? "faint" : "plain"),
    ]),
    ...weights(scene.shares, looks, columns),
    row("steps", stepSpans(scene.steps)),
    ...verdicts(scene.verdicts, columns),
    [],
    ...users(scene, looks, columns),
    ...(size.rows < 28 ? [] : [[]]),
    ...scene.pods.map((workload, index) => pods(workload, index === 0 ? "own" : "twin", looks)),
    ...(scene.pods.length < 2 ? [row("twin", [span("none", "faint")])] : []),
    [],
  ];
  const room = Math.max(1, size.rows - fixed.length);
  const told = scene.happenings.filter(({ type }) => type === "event" || type === "command").slice(-room);
  const lines = [...fixed, ...told.map((happening) => happeningLine(happening, columns))];
  return lines.slice(0, size.rows).map((line) => render(fit(line, size.columns - 1), color));
}

function row(label: string, spans: Line): Line {
  return [span(` ${pad(label, LABEL - 1)}`, "faint"), ...spans];
}

function versionLooks(versions: readonly string[]): (version: string | undefined) => Look {
  return (version) => VERSION_LOOKS[versions.indexOf(version ?? "") % VERSION_LOOKS.length] ?? "plain";
}

function phaseLook({ phase }: Scene): Look {
  if (phase === "Promoted") return "good";
  return ["Withdrawing", "Draining", "Undoing", "RolledBack"].includes(phase ?? "") ? "bad" : "strong";
}

/** The split as a bar: each subset in its version's colour, the candidate's hatched. */
function weights(shares: readonly Share[], looks: (version: string | undefined) => Look, columns: number): Line[] {
  const cells = barCells(
    shares.map(({ percent }) => percent),
    columns - LABEL - 1,
  );
  const bar = shares.map(({ subset, versions }, index) =>
    span((subset === "canary" ? "▒" : "█").repeat(cells[index] ?? 0), looks(versions.at(-1))),
  );
  const legend = shares.flatMap(({ subset, versions, percent }, index) => [
    span(index === 0 ? "" : "  ·  ", "faint"),
    span(`${subset === "" ? "everybody" : subset} ${formatPercent(percent)}`, "strong"),
    span(` → ${versions.join(" and ") || "no pod"}`, looks(versions.at(-1))),
  ]);
  return [row("weights", bar), row("", legend)];
}

function stepSpans(steps: readonly SceneStep[]): Line {
  if (steps.length === 0) return [span("none: a new image starts a run", "faint")];
  return steps.flatMap(({ label, mark, progress }, index) => [
    span(index === 0 ? "" : "   "),
    span(`${MARKS[mark].glyph} ${label}`, MARKS[mark].look),
    span(progress === undefined ? "" : ` ${progress}`, "doubt"),
  ]);
}

function verdicts(found: readonly SceneVerdict[], columns: number): Line[] {
  if (found.length === 0) return [row("verdicts", [span("none yet", "faint")]), []];
  return found.map(({ name, verdict, text, strength }, index) => {
    const { glyph, look, word } = VERDICTS[verdict];
    const head = `${pad(name, 8)} `;
    const against = columns < 88 ? "" : `  ${strength}`;
    const room = columns - LABEL - head.length - word.length - 4 - against.length;
    return row(index === 0 ? "verdicts" : "", [
      span(head),
      span(`${glyph} ${word}  `, look),
      span(pad(text, room), verdict === "breach" ? "bad" : "plain"),
      span(against, "faint"),
    ]);
  });
}

/** What users met: a sparkline, requests a second, so far, failed. */
function users(scene: Scene, looks: (version: string | undefined) => Look, columns: number): Line[] {
  const width = columns - LABEL - NAME - 26;
  const tally = (now: string, total: number, failed: number) => [
    span(`${pad(now, 8, "left")}${pad(countText(total), 9, "left")}`),
    span(pad(countText(failed), 8, "left"), failed > 0 ? "bad" : "good"),
  ];
  const header = `${pad("", NAME)}${pad("requests/s", width)}${pad("now", 8, "left")}${pad("so far", 9, "left")}`;
  const lines = scene.users.map(({ version, perSecond, ratePerSecond, total, failed }) =>
    row("", [
      span(pad(version, NAME - 1), looks(version)),
      span(` ${sparkline(perSecond, width, REQUESTS_PER_SECOND)}`, looks(version)),
      ...tally(countText(ratePerSecond), total, failed),
    ]),
  );
  const last = scene.failedPercent.at(-1) ?? 0;
  const top = Math.max(LEAST_TOP_PERCENT, ...scene.failedPercent.slice(-width).map((percent) => percent ?? 0));
  const all = row("", [
    span(pad("% failing", NAME), "faint"),
    span(sparkline(scene.failedPercent, width, top), "bad"),
    ...tally(`${last.toFixed(1)} %`, scene.total, scene.failed),
  ]);
  return [row("users", [span(`${header}${pad("failed", 8, "left")}`, "faint")]), ...lines, all];
}

function pods(workload: Workload, role: "own" | "twin", looks: (version: string | undefined) => Look): Line {
  const glyphs = workload.pods.map(({ version, ready, leaving }) =>
    span(`${leaving ? "×" : ready ? "■" : "□"} `, leaving ? "faint" : looks(version)),
  );
  const running = [...new Set(workload.pods.map(({ version }) => version))];
  const ready = workload.pods.filter((pod) => pod.ready && !pod.leaving).length;
  return row(role, [
    span(pad(workload.name, NAME)),
    ...glyphs,
    span(` ${ready}/${workload.wanted} ready`, "faint"),
    span(`  ${running.join(", ")}`, looks(running.at(-1))),
    span(workload.held ? `  (${workload.version} is held)` : "", "faint"),
  ]);
}
