/** About how long a file of lab tests takes on two cores, in seconds: to share files out evenly. It need not be right, only not far off. */
const SECONDS: Readonly<Record<string, number>> = {
  "test/faults/lab/deleted.test.ts": 600,
  "test/faults/lab/deleted-without-rights.test.ts": 170,
  "test/e2e/tutorial.test.ts": 260,
  "test/e2e/leadership.test.ts": 160,
  "test/e2e/policies.test.ts": 140,
  "test/faults/lab/soak.test.ts": 110,
  "test/e2e/interventions.test.ts": 180,
  "test/e2e/hands.test.ts": 155,
  "test/e2e/control-plane-down.test.ts": 95,
  "test/faults/lab/killed.test.ts": 90,
  "test/e2e/rights-revoked.test.ts": 85,
  "test/e2e/going-back.test.ts": 75,
  "test/e2e/notifications.test.ts": 20,
  "test/lab/lab.test.ts": 15,
  "test/lab/parts.test.ts": 15,
};
/** Files that a time is stated of. */
export const FILES_KNOWN: readonly string[] = Object.keys(SECONDS);

const USUAL_SECONDS = 55;

export function secondsOf(file: string): number {
  return SECONDS[file] ?? USUAL_SECONDS;
}

/**
 * Shares `files` out to `count` labs that run side by side: the longest first, each to whoever has least to do. Every lab plays its
 * files in the order given.
 */
export function shareOut(files: readonly string[], count: number): string[][] {
  const shares = Array.from({ length: count }, () => ({ files: [] as string[], seconds: 0 }));
  const longestFirst = files.toSorted((a, b) => secondsOf(b) - secondsOf(a) || a.localeCompare(b));
  for (const file of longestFirst) {
    const share = shares.toSorted((a, b) => a.seconds - b.seconds)[0];
    share?.files.push(file);
    if (share !== undefined) share.seconds += secondsOf(file);
  }
  return shares.map((share) => share.files);
}
