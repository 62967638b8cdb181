import { expect, test, vi } from "vitest";
import { STATES } from "../../../src/api/phase.ts";
import { sharedLab } from "../../e2e/shared.ts";
import { deletionCasesWithoutRights, deletionTitle } from "./deletions.ts";
import { playDeletion } from "./play-deletion.ts";

const shared = sharedLab({ controller: false });
vi.setConfig({ maxConcurrency: 6 });

test("every state of a run has a case, but for the one that a deletion leads into", () => {
  const states = new Set(deletionCasesWithoutRights.map(({ state }) => state));
  expect([...states, "Releasing"].toSorted()).toEqual([...STATES].toSorted());
});

for (const each of deletionCasesWithoutRights)
  test.concurrent(`${deletionTitle(each)}`, async (at) => {
    await playDeletion(shared.lab, each, at);
  });
