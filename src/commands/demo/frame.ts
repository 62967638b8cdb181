import { eText } from "../../analysis/wording.ts";
import type { ObjectiveStatus } from "../../api/evidence.ts";
import { formatPercent } from "../../api/units.ts";
import type { Share } from "./happening.ts";
import { barCells, clockText, countText, sparkline } from "./glyphs.ts";
import { happeningLine } from "./lines.ts";
import { REQUESTS_PER_SECOND } from "./story.ts";
import { type Scene, type SceneStep, verdictText } from "./scene.ts";
import { cut, fit, justify, type Line, type Look, pad, render, span } from "./span.ts";
import type { Workload } from "./world.ts";

export interface FrameSize {
  columns: number;
  rows: number;
}

const LEAST_COLUMNS = 60;
const LABEL = 10;
const VERSION_LOOKS: readonly Look[] = ["first", "second", "third"];
const MARKS: Readonly<Record<SceneStep["mark"], { glyph: string; look: Look }>> = {
  passed: { glyph: "✓", look: "good" },
  current: { glyph: "▶", look: "strong" },
  ahead: { glyph: "·", look: "faint" },
  failed: { glyph: "✗", look: "bad" },
};
const VERDICTS: Readonly<Record<ObjectiveStatus["verdict"], { glyph: string; look: Look; word: string }>> = {
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
    justify([span(` ${scene.title}`, "strong")], [span(`${scene.phase ?? ""} `, phaseLook(scene))], columns),
    [span(scene.command === "" ? "" : ` $ ${scene.command}`, "faint")],
    justify([], [span(`${scene.phaseText} `, phaseLook(scene))], columns),
    [],
    ...weights(scene.shares, looks, columns),
    row("steps", stepSpans(scene.steps)),
    ...verdicts(scene.objectives, columns),
    [],
    ...users(scene, looks, columns),
    [],
    ...scene.pods.map((workload, index) => pods(workload, index === 0 ? "own" : "twin", looks)),
    ...(scene.pods.length < 2 ? [row("twin", [span("none", "faint")])] : []),
    [],
  ];
  const room = Math.max(1, size.rows - fixed.length - 1);
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

function verdicts(objectives: readonly ObjectiveStatus[], columns: number): Line[] {
  if (objectives.length === 0) return [row("verdicts", [span("none yet", "faint")]), []];
  return objectives.map((objective, index) => {
    const { glyph, look, word } = VERDICTS[objective.verdict];
    const { evidence } = objective;
    const against =
      evidence === undefined || columns < 76 ? "" : `  E ${eText(evidence.eValue)} of ${eText(1 / evidence.alpha)}`;
    const head = `${pad(objective.name, 8)} `;
    const text = cut(verdictText(objective), columns - LABEL - head.length - 11 - against.length);
    return row(index === 0 ? "verdicts" : "", [
      span(head),
      span(`${glyph} ${pad(word, 8)}`, look),
      span(text, objective.verdict === "breach" ? "bad" : "plain"),
      span(against, "faint"),
    ]);
  });
}

/** What each version's users met: a sparkline, requests a second, so far, failed. */
function users(scene: Scene, looks: (version: string | undefined) => Look, columns: number): Line[] {
  const name = 12;
  const width = columns - LABEL - name - 27;
  const head = row("users", [
    span(`${pad("", name)}${pad("requests/s", width)}${pad("now", 7, "left")}${pad("so far", 10, "left")}`, "faint"),
    span(pad("failed", 9, "left"), "faint"),
  ]);
  const lines = scene.users.map(({ version, perSecond, ratePerSecond, total, failed }) =>
    row("", [
      span(pad(version, name), looks(version)),
      span(sparkline(perSecond, width, REQUESTS_PER_SECOND), looks(version)),
      span(`${pad(countText(ratePerSecond), 7, "left")}${pad(countText(total), 10, "left")}`),
      span(pad(countText(failed), 9, "left"), failed > 0 ? "bad" : "good"),
    ]),
  );
  const last = scene.failedPercent.at(-1) ?? 0;
  const top = Math.max(5, ...scene.failedPercent.slice(-width).map((percent) => percent ?? 0));
  const errors = row("", [
    span(pad("all, failing", name), "faint"),
    span(sparkline(scene.failedPercent, width, top), last > 0 ? "bad" : "faint"),
    span(pad(`${last.toFixed(1)} %`, 7, "left"), last > 0 ? "bad" : "faint"),
  ]);
  return [head, ...lines, errors];
}

function pods(workload: Workload, role: "own" | "twin", looks: (version: string | undefined) => Look): Line {
  const glyphs = workload.pods.map(({ version, ready, leaving }) =>
    span(`${leaving ? "×" : ready ? "■" : "□"} `, leaving ? "faint" : looks(version)),
  );
  const ready = workload.pods.filter((pod) => pod.ready && !pod.leaving).length;
  return row(role, [
    span(pad(workload.name, 12)),
    ...glyphs,
    span(` ${ready}/${workload.wanted} ready`, "faint"),
    span(`  ${workload.version}`, looks(workload.version)),
  ]);
}
