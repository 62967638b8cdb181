import { defineConfig } from "vitest/config";
import { LabSequencer } from "./test/lab/sequencer.ts";

/** The real controller on the simulator: minutes of simulated time each, so apart from the unit tests. */
const simulated = [
  "src/controller/**/*.test.ts",
  "src/commands/demo.test.ts",
  "src/commands/release-status.test.ts",
  "src/commands/release-tree.test.ts",
  "src/commands/restart-workload.test.ts",
];

export default defineConfig({
  test: {
    sequence: { sequencer: LabSequencer },
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "test/e2e/met-events.test.ts",
            "test/faults/lab/table.test.ts",
            "test/faults/lab/turns.test.ts",
            "test/failures.test.ts",
            "test/lab/fault-proxy/*.test.ts",
            "test/lab/kubelet/*.test.ts",
            "test/lab/mesh/*.test.ts",
            "test/lab/durations.test.ts",
            "test/lab/request-log.test.ts",
            "test/lab/tools/*.test.ts",
            "test/lab/serve/*.test.ts",
            "test/tutorial/*.test.ts",
          ],
          exclude: simulated,
          pool: "threads",
          // No unit test leaves anything behind, and importing everything anew for each file would take most of the time.
          isolate: false,
          testTimeout: 20_000,
        },
      },
      { test: { name: "faults", include: ["test/faults/*.test.ts"], pool: "threads", testTimeout: 600_000 } },
      { test: { name: "sim", include: simulated, pool: "threads", testTimeout: 120_000 } },
      {
        test: {
          name: "contract",
          include: ["test/contract/**/*.test.ts", "test/shipping/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: "e2e",
          include: [
            "test/lab/lab.test.ts",
            "test/lab/parts.test.ts",
            "test/e2e/**/*.test.ts",
            "test/faults/lab/killed.test.ts",
            "test/faults/lab/soak.test.ts",
            ...(process.env["SLUICE_LAB_FAULTS_ALL"] === undefined ? [] : ["test/faults/lab/deleted*.test.ts"]),
          ],
          exclude: ["test/e2e/met-events.test.ts"],
          globalSetup: ["test/lab/global-setup.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
        },
      },
    ],
  },
});
