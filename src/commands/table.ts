/** Text in columns, two spaces apart, as kubectl prints it; lines carry no blanks at their ends. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Cuts a line to `width` characters; undefined: as long as it is. */
export function cutTo(line: string, width: number | undefined): string {
  return width === undefined || line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** A text in lines of at most `width` characters, broken between words where that is possible; undefined: in one line. */
export function wrapTo(text: string, width: number | undefined): string[] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const lines: string[] = [];
  for (const word of words) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && (width === undefined || longer.length <= width)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => cutTo(line, width));
}

/** "45s", "12m", "5h", "3d": how kubectl tells an age. */
export function ageOf(time: string | undefined, nowMs: number): string {
  const ms = time === undefined ? Number.NaN : nowMs - Date.parse(time);
  if (!Number.isFinite(ms)) return "-";
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
