/** What one turn of a case came to, as a line of the record. */
export interface Turn {
  readonly title: string;
  readonly turn: number;
  readonly passed: boolean;
  /** Until users were safe from a bad version, counted from the controller's start. */
  readonly safeAfterMs?: number;
}

/** A row a case, in the order in which they first ended: how often it passed, and the seconds until users were safe. */
export function tableOf(turns: readonly Turn[]): string {
  const rows = Object.entries(Object.groupBy(turns, ({ title }) => title)).map(([title, all = []]) => {
    const seconds = all.flatMap(({ safeAfterMs }) => (safeAfterMs === undefined ? [] : [safeAfterMs / 1000]));
    const figures = seconds.length === 0 ? ["", "", ""] : [Math.min(...seconds), median(seconds), Math.max(...seconds)];
    const words = figures.map((figure) => (typeof figure === "number" ? figure.toFixed(1) : figure));
    return `| ${[title, `${all.filter(({ passed }) => passed).length} of ${all.length}`, ...words].join(" | ")} |`;
  });
  const head = ["| case | passed | min | median | max |", "| --- | --- | --- | --- | --- |"];
  return [...head, ...rows].join("\n");
}

/** Of at least one value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
