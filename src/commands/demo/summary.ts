import { stringify } from "yaml";
import { percentText } from "../../analysis/wording.ts";
import { formatDuration, formatPercent } from "../../api/units.ts";
import { countText } from "./glyphs.ts";
import type { ActResult, Outcome } from "./happening.ts";
import { type Line, span } from "./span.ts";

/** What the demo showed, in a few lines that can be kept. */
export function summaryLines(outcome: Outcome): Line[] {
  return [
    ...outcome.acts.flatMap(actLines),
    [span(" VirtualService shop/checkout at the end, as its user wrote it:", "faint")],
    ...stringify(outcome.virtualService)
      .trimEnd()
      .split("\n")
      .map((line) => [span(`   ${line}`)]),
    [],
    ...(outcome.unmet.length === 0
      ? [
          [
            span(
              ` ${countText(outcome.requests)} requests in ${timeText(outcome.tookMs)} of simulated time. The same with a`,
              "faint",
            ),
          ],
          [span(" real apiserver, istiod, Envoy and Prometheus: npm run lab", "faint")],
        ]
      : outcome.unmet.map((sentence) => [span(` ✗ not as told: ${sentence}`, "bad")])),
  ];
}

function actLines(act: ActResult): Line[] {
  const good = act.outcome === "Promoted";
  const word = good ? "promoted" : act.outcome === "RolledBack" ? "rolled back" : act.outcome;
  const head = [
    span(` ${good ? "✓" : "✗"} ${act.version} ${word}`, good ? "good" : "bad"),
    span(` after ${timeText(act.tookMs)}; it had up to ${formatPercent(act.peakPercent)} of the users`),
  ];
  const users = `   ${countText(act.failed)} of ${countText(act.requests)} requests failed`;
  const span2 = act.failed > 1 ? `, all within ${(act.failureSpanMs / 1000).toFixed(1)} s` : "";
  const lines: Line[] = [head, [span(`${users}${span2}`, act.failed === 0 ? "good" : "plain")]];
  if (act.evidence !== undefined) {
    const { objective, bad, total, fraction, limitFraction } = act.evidence;
    lines.push([
      span(
        `   why: ${objective}: ${countText(bad)} of ${countText(total)} requests to it (${percentText(fraction ?? 0)}) failed,`,
      ),
      span(` limit ${percentText(limitFraction)}`),
    ]);
  } else if (act.why !== undefined) lines.push([span(`   why: ${act.why}`)]);
  return [...lines, []];
}

function timeText(ms: number): string {
  return formatDuration(Math.round(ms / 1000) * 1000);
}
