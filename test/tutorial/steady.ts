/** What differs from one walk to the next, and what stands in its place when two of them are compared. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/^LAST DEPLOYED: .*$/gm, "LAST DEPLOYED: (time)"],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z/g, "(time)"],
  [/"\d{1,2} \d{1,2} \* \* \*"/g, '"(schedule)"'],
  // The suffix of a ReplicaSet, and of its Pod.
  [/\b([a-z][a-z0-9-]*?)-[a-z0-9]{6,10}-[a-z0-9]{5}\b/g, "$1-(pod)"],
  [/\b\d+ of \d+ requests/g, "(n) of (n) requests"],
  [/\b\d+ bad of \d+ requests/g, "(n) bad of (n) requests"],
  [/\(\d+(\.\d+)? ?%\)/g, "(share)"],
  [/\bE( =)? \d+(\.\d+)?(e[+-]?\d+)?/g, "E (n)"],
  [/\b(\d+[dhm])*\d+[dhms]\b/g, "(age)"],
  [/[▁▂▃▄▅▆▇█]+/g, "(sparkline)"],
  // What a tree says of an objective changes with every reading.
  [/─ [?✓✗] errors .*$/gm, "─ (verdict)"],
  // A breach is seen before or after the split is known to be in force.
  [/^.*Shifting → Observing.*\n/gm, ""],
  [/Observing → Withdrawing/g, "Shifting → Withdrawing"],
  // Columns are as wide as what stands in them.
  [/[ \t]+/g, " "],
  [/ $/gm, ""],
];

/** A text without what time and chance make of it: texts of two walks that went alike are the same. */
export function steady(text: string): string {
  return CHANGING.reduce((rest, [changing, instead]) => rest.replaceAll(changing, instead), text).trimEnd();
}
