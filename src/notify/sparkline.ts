const BARS = "▁▂▃▄▅▆▇█";

/**
 * A line of bars, oldest first, for fractions of bad requests. The scale begins at 0, and its top is the larger of the highest value and
 * twice the limit, so that a limit that was kept looks kept.
 */
export function sparkline(series: readonly number[], limitFraction: number | undefined, width = 24): string {
  const shown = series.slice(-width);
  const top = Math.max(...shown, 2 * (limitFraction ?? 0));
  if (shown.length === 0 || !(top > 0)) return BARS[0]?.repeat(shown.length) ?? "";
  return shown.map((value) => BARS[Math.min(BARS.length - 1, Math.floor((value / top) * BARS.length))]).join("");
}
