import { afterAll, beforeAll, expect, inject, vi } from "vitest";
import type { LabClient } from "../lab/client.ts";
import { connectLab } from "../lab/control.ts";
import { installSluice } from "./install.ts";
import { type Sluice, startSluice } from "./sluice.ts";

/** The lab that all files share, with Sluice installed, and a controller for this file's tests, which may run side by side. */
export function sharedLab(options: { controller?: boolean } = {}): {
  readonly lab: LabClient;
  readonly sluice: Sluice;
} {
  let lab: LabClient | undefined;
  let sluice: Sluice | undefined;
  // Tests mostly wait, each in a namespace of its own; but a lab beside may do the same, and with more controllers that begin at the
  // same time it is the machine that is measured.
  vi.setConfig({ maxConcurrency: 5 });
  beforeAll(async () => {
    lab = connectLab(inject("lab"));
    await installSluice(lab);
    if (options.controller !== false) sluice = await startSluice(lab);
  });
  afterAll(async () => {
    const refusals = sluice?.refusals() ?? [];
    await sluice?.[Symbol.asyncDispose]();
    await lab?.close();
    expect(refusals, "deploy/ gives the controller every right that it uses").toEqual([]);
  });
  return {
    get lab() {
      return there(lab);
    },
    get sluice() {
      return there(sluice);
    },
  };
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("there is none: not inside a test, or not asked for");
  return value;
}
