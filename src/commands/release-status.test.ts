import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type House, isSluice, openKeptHouse } from "../controller/fixture.test-helper.ts";
import { ApiError } from "../kube/errors.ts";
import { startFakeApiserver } from "../kube/fake-apiserver.ts";
import { follow, status } from "./release-status.ts";

/** `sluice status checkout --watch` beside a release: its exit code, and what it printed. */
async function following(house: House, forMs: number, meanwhile: () => Promise<void> = async () => {}) {
  const where = { api: house.alice, namespace: "shop", server: "https://cluster" };
  const said: string[] = [];
  let ended: { code: number | string } | undefined;
  const following = follow(where, "checkout", house.clock, {
    forMs,
    say: (_release, { kind, message }) => said.push(`${kind}: ${message}`),
    troubled: (error) => said.push(String(error)),
    late: () => said.push("late"),
  }).then(
    (code) => (ended = { code }),
    (error: unknown) => (ended = { code: String(error) }),
  );
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

/** Every call but the controller's from number `from` on fails, so many of them. */
function failing(house: House, from: number, count: number): void {
  let calls = 0;
  house.sim.setFault((call) => {
    if (isSluice(call)) return undefined;
    calls++;
    return calls >= from && calls < from + count
      ? { error: new ApiError(503, "ServiceUnavailable", "the server is shutting down") }
      : undefined;
  });
}

test("a server that is away for a while does not end the wait", async () => {
  const house = await openKeptHouse();
  await house.ship("v2");
  failing(house, 5, 20);
  const { code, said } = await following(house, 3_600_000);
  expect(said.filter((line) => line.includes("the server is shutting down"))).toHaveLength(1);
  expect(code).toBe(0);
  await house.term.stop();
});

test("a server that stays away ends the wait when the time is over, and that is no exit code of a release", async () => {
  const house = await openKeptHouse();
  await house.ship("v2");
  failing(house, 5, 1_000_000);
  const { code } = await following(house, 20_000);
  expect(code).toContain("the server is shutting down");
  await house.term.stop();
});

test("a cluster that cannot be asked, and a Rollout that is not there, have an exit code of their own", async () => {
  const server = await startFakeApiserver();
  const file = join(mkdtempSync(join(tmpdir(), "sluice-")), "config");
  writeFileSync(file, server.kubeConfig.exportConfig());
  const flags = { kubeconfig: file, namespace: "shop", timeout: 1_000 };
  const asked = status("checkout", flags);
  const refused = expect(asked).rejects.toMatchObject({ name: "CommandFailure", exitCode: 4 });
  (await server.next()).json(403, { kind: "Status", code: 403, reason: "Forbidden", message: "no" });
  await refused;
  await server.close();
  await expect(status("checkout", flags)).rejects.toMatchObject({ exitCode: 4 });
  await expect(status("checkout", { ...flags, kubeconfig: `${file}-none` })).rejects.toMatchObject({ exitCode: 4 });
});
