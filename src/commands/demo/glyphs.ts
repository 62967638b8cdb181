/** Small pictures in one line of text. */

const LEVELS = "▁▂▃▄▅▆▇█";

/**
 * The last `width` values as a sparkline, filled up with blanks from the left.
 * @param top the value that fills a cell; what is above is shown the same. Absent values show as blanks.
 */
export function sparkline(values: readonly (number | undefined)[], width: number, top: number): string {
  const shown = values.slice(-width);
  const cells = shown.map((value) => {
    if (value === undefined) return " ";
    const level = Math.ceil((value / top) * LEVELS.length) - 1;
    return LEVELS[Math.min(LEVELS.length - 1, Math.max(0, level))] ?? " ";
  });
  return cells.join("").padStart(width, " ");
}

/**
 * Cells of a bar of `width` for each percentage; together exactly `width`. Whoever has more than nothing gets at least one cell,
 * taken from the largest.
 */
export function barCells(percents: readonly number[], width: number): number[] {
  const cells = percents.map((percent) => (percent > 0 ? Math.max(1, Math.round((percent * width) / 100)) : 0));
  const excess = cells.reduce((sum, count) => sum + count, 0) - width;
  const largest = cells.indexOf(Math.max(...cells));
  return cells.map((count, index) => (index === largest ? Math.max(0, count - excess) : count));
}

/** `01:27` of a time in milliseconds. */
export function clockText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

/** `12,345`. */
export function countText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}
