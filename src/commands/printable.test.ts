import { expect, test } from "vitest";
import { rolloutStatusSchema } from "../api/run.ts";
import { printable } from "./printable.ts";
import { historyTable } from "./release-history.ts";
import { releaseLine, releaseTree } from "./release-tree.ts";
import { rolloutPage } from "./rollout-page.ts";
import { rolloutTable } from "./rollout-table.ts";
import { rolloutObject, run } from "./run-fixture.test-helper.ts";

/** A reason that clears the screen and writes something else there. */
const message = "by mallory: \u001B[2J\u001B[Hall is well\u009B1m\u202E";
const shown = String.raw`by mallory: \u001b[2J\u001b[Hall is well\u009b1m\u202e`;
const nowMs = Date.parse("2026-01-01T12:00:00Z");
const paused = run(1, { phase: "Paused", message, pause: { reason: "Command", message, withdrawn: false } });
const rollout = rolloutStatusSchema.parse({ phase: "Paused", message });
const released = {
  name: "checkout",
  namespace: "shop",
  workload: "checkout",
  rollout,
  run: paused,
  runs: [paused],
  templateHash: "x",
  own: undefined,
  deployments: [],
  pods: new Map(),
};

test("line ends, tabs and letters of all tongues stay", () => {
  expect(printable("a\tб\n✓ 10 %")).toBe("a\tб\n✓ 10 %");
});

test.each([
  ["get", () => rolloutTable([{ ...rolloutObject(), status: rollout }], { namespaces: false, wide: false, nowMs })],
  [
    "get of one",
    () =>
      rolloutPage({ name: "checkout", namespace: "shop", status: rollout, run: paused, nowMs, typed: (args) => args }),
  ],
  ["history", () => historyTable([paused], { wide: false, nowMs })],
  ["watch", () => releaseTree(released, nowMs, {}).join("\n")],
  ["watch in a log", () => releaseLine(released)],
])("%s shows what would steer a terminal, and does not do it", (_, print) => {
  const text = print();
  expect(text).toContain(shown);
  for (const character of ["\u001B", "\u009B", "\u202E"]) expect(text).not.toContain(character);
});
