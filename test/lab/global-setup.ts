import type { TestProject } from "vitest/node";
import type { LabInfo } from "./client.ts";
import { type Lab, startLab } from "./lab.ts";

declare module "vitest" {
  interface ProvidedContext {
    lab: LabInfo;
  }
}

let lab: Lab | undefined;

/** vitest's globalSetup: one full lab for a whole run. Tests reach it by `connectLab(inject("lab"))`. */
export async function setup(project: TestProject): Promise<void> {
  lab = await startLab({ scrapeIntervalMs: 2_000 });
  project.provide("lab", lab.info);
}

export async function teardown(): Promise<void> {
  await lab?.stop();
}
