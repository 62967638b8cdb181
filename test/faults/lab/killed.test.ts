import { appendFileSync } from "node:fs";
import { expect, test } from "vitest";
import { STATES } from "../../../src/api/phase.ts";
import { tell } from "../../e2e/seen.ts";
import { sharedLab } from "../../e2e/shared.ts";
import { killCases, titleOf } from "./cases.ts";
import { playKill } from "./play.ts";
import { planFrom } from "./plan.ts";

const shared = sharedLab({ controller: false });
const plan = planFrom(process.env);

test("every state of a run has a case", () => {
  expect([...new Set(killCases.map(({ state }) => state))].sort()).toEqual([...STATES].sort());
});

for (const { each, turn } of plan.turns) {
  const title = titleOf(each);
  test.concurrent(`${title}, turn ${turn}`, async (at) => {
    const record = (result: object) => {
      if (plan.record !== undefined) appendFileSync(plan.record, `${JSON.stringify({ title, turn, ...result })}\n`);
    };
    try {
      const { safeAfterMs } = await playKill(shared.lab, each, at);
      record({ passed: true, safeAfterMs });
      if (safeAfterMs !== undefined) tell(title, { "seconds until users are safe": safeAfterMs / 1000 });
    } catch (error) {
      record({ passed: false });
      throw error;
    }
  });
}
