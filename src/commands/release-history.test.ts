import { expect, test } from "vitest";
import { historyTable } from "./release-history.ts";
import { run } from "./run-fixture.test-helper.ts";

const nowMs = Date.parse("2026-01-01T12:00:00Z");
const runs = [
  run(2, { phase: "Observing", startedAt: "2026-01-01T11:59:00Z", message: "step first is observed" }),
  run(1, {
    phase: "RolledBack",
    startedAt: "2026-01-01T11:00:00Z",
    finishedAt: "2026-01-01T11:00:40Z",
    end: { reason: "Breach", message: "errors: 7 of 20 failed" },
  }),
];

test("a line says why a run began, how it ended, how long it took and why it was taken back", () => {
  expect(historyTable(runs, { wide: false, nowMs })).toBe(
    `RUN         REASON       PHASE       BEGAN    TOOK  WHY
checkout-2  NewRevision  Observing   60s ago  60s   step first is observed
checkout-1  NewRevision  RolledBack  60m ago  40s   errors: 7 of 20 failed
`,
  );
});

test("wide tells the revisions, and a narrow terminal cuts", () => {
  expect(historyTable(runs, { wide: true, nowMs })).toMatch(/FROM +TO +HASH/);
  for (const line of historyTable(runs, { wide: false, nowMs, width: 40 }).split("\n"))
    expect(line.length).toBeLessThanOrEqual(40);
});
