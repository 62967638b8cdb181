import { expect, test } from "vitest";
import { type House, openKeptHouse } from "../controller/fixture.test-helper.ts";
import { follow } from "./release-status.ts";

/** `sluice status checkout --watch` beside a release: its exit code, and what it printed. */
async function following(house: House, forMs: number, meanwhile: () => Promise<void> = async () => {}) {
  const where = { api: house.alice, namespace: "shop", server: "https://cluster" };
  const said: string[] = [];
  let ended: { code: number } | undefined;
  const following = follow(where, "checkout", house.clock, {
    forMs,
    say: (_release, { kind, message }) => said.push(`${kind}: ${message}`),
    late: () => said.push("late"),
  }).then((code) => (ended = { code }));
  await meanwhile();
  await house.until("the command has ended", () => ended !== undefined, forMs + 5_000);
  await following;
  return { code: ended?.code, said };
}

test("a good version ends with 0, also when it was shipped a moment before anybody began on it", async () => {
  const house = await openKeptHouse();
  await house.ship("v2");
  const { code, said } = await following(house, 3_600_000);
  expect(said[0]).toBe("underWay: Deployment checkout has a new template: a run begins");
  expect(said.at(-1)).toBe("promoted: every user is on checkout-1");
  expect(code).toBe(0);
  await house.term.stop();
});

test("a bad version ends with 1 and the numbers", async () => {
  const house = await openKeptHouse();
  await house.ship("v2-errors50");
  const { code, said } = await following(house, 3_600_000);
  expect(said.at(-1)).toMatch(/^rolledBack: checkout-1 ended \(RolledBack\): errors: \d+ of \d+ requests/);
  expect(code).toBe(1);
  await house.term.stop();
});

test("a pause ends with 2 and says who", async () => {
  const house = await openKeptHouse();
  await house.ship("v2");
  await house.untilPhase("Observing");
  await house.command("pause");
  const { code, said } = await following(house, 60_000);
  expect(said.at(-1)).toMatch(/^paused: checkout-1 is paused: /);
  expect(code).toBe(2);
  await house.term.stop();
});

test("what takes longer than the time given ends with 3, and without a wait one look is enough", async () => {
  const house = await openKeptHouse();
  await house.ship("v2");
  await house.untilPhase("Observing");
  expect(await following(house, 5_000)).toMatchObject({ code: 3, said: expect.arrayContaining(["late"]) });
  const { code, said } = await following(house, 0);
  expect(said).toEqual([expect.stringMatching(/^underWay: checkout-1: /)]);
  expect(code).toBe(3);
  await house.term.stop();
});
