import { expect, test } from "vitest";
import type { RolloutSpecInput } from "../api/rollout.ts";
import { createReceiver, postTo } from "../notify/receiver.test-helper.ts";
import { BOT_TOKEN, CHANNEL_ID, createWorkspace } from "../notify/slack-workspace.test-helper.ts";
import { isSluice, openKeptHouse, type House } from "./fixture.test-helper.ts";
import { makesSecret } from "./secret.test-helper.ts";

const channel = { name: "team", slackBot: { secretRef: { name: "sluice-slack" }, channel: CHANNEL_ID } };

const makeSecret = makesSecret("sluice-slack", { token: BOT_TOKEN });

async function open() {
  const workspace = createWorkspace();
  const askedMs: number[] = [];
  let house: House | undefined;
  const receiver = createReceiver((received) => {
    askedMs.push(house?.clock.monotonic() ?? 0);
    return workspace.read(received);
  });
  const spec = { notifications: { channels: [channel] } } as Partial<RolloutSpecInput>;
  const kept = await openKeptHouse({ post: postTo(receiver), furnish: makeSecret, spec });
  house = kept;
  const replies = () =>
    workspace.messages
      .filter(({ thread }) => thread !== undefined)
      .map(({ text }) => text.replace("checkout (shop): ", ""));
  return { house: kept, workspace, receiver, askedMs, replies };
}

const TS = /^\d+\.\d{6}$/;

test("a release is one message that goes along, with each thing that happened in its thread, one request a second", async () => {
  const { house, workspace, askedMs, replies } = await open();
  await house.ship("v2");
  expect(await house.untilEnd()).toBe("Promoted");
  await house.clock.advance(20_000);
  expect(workspace.roots()).toHaveLength(1);
  expect(workspace.roots()[0]?.text).toBe("checkout (shop): promoted");
  expect(replies()[0]).toBe("a new version begins its way to users");
  expect(replies().at(-1)).toBe("promoted");
  expect(new Set(replies()).size).toBe(replies().length);
  expect(house.run()?.status.notified).toMatchObject([{ channel: "team", ts: expect.stringMatching(TS) as string }]);
  for (const [index, atMs] of askedMs.entries())
    if (index > 0) expect(atMs - (askedMs[index - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
  await house.ship("v3-errors50");
  expect(await house.untilEnd(2)).toBe("RolledBack");
  await house.clock.advance(20_000);
  expect(workspace.roots().map(({ text }) => text)).toEqual([
    "checkout (shop): promoted",
    "checkout (shop): rolled back: every user is on the old version",
  ]);
  const everything = JSON.stringify([
    house.sim.store.list("rollouts.sluice.dev"),
    house.sim.store.list("rolloutruns.sluice.dev"),
    house.sim.store.list("events.events.k8s.io"),
  ]);
  expect(everything).not.toContain("s3cr3t");
  await house.term.stop();
});

test("the next leader updates the message of the one before", async () => {
  const { house, workspace, replies } = await open();
  await house.ship("v2-errors50");
  await house.until("the first message is on record", () => house.run()?.status.notified[0]?.key !== undefined);
  house.term.crash();
  house.term = await house.start("second");
  expect(await house.untilEnd()).toBe("RolledBack");
  await house.clock.advance(20_000);
  expect(workspace.roots()).toMatchObject([{ text: "checkout (shop): rolled back: every user is on the old version" }]);
  expect(replies().slice(-2)).toEqual([
    "users were hurt: they are taken off the new version",
    "rolled back: every user is on the old version",
  ]);
  await house.term.stop();
});

test("killed before what Slack called the message is on record: one message too many, and nothing else twice", async () => {
  const { house, workspace, replies } = await open();
  house.sim.setFault((call) => {
    const records = isSluice(call) && call.resource === "rolloutruns.sluice.dev" && call.subresource === "status";
    if (!records || workspace.roots().length === 0) return undefined;
    house.term.crash();
    return { delayMs: 1_000_000 };
  });
  await house.ship("v2-errors50");
  await house.until("the message is made", () => workspace.roots().length > 0);
  await house.clock.advance(2_000);
  house.term.crash();
  house.sim.setFault(undefined);
  house.term = await house.start("second");
  expect(await house.untilEnd()).toBe("RolledBack");
  await house.clock.advance(20_000);
  expect(workspace.roots()).toHaveLength(2);
  expect(workspace.repliesTo(workspace.roots()[0]?.ts)).toEqual([]);
  expect(new Set(replies()).size).toBe(replies().length);
  expect(replies().at(-1)).toMatch(/^rolled back/);
  await house.term.stop();
});

test("killed right after any one of the requests: nothing is lost, and at most that one is made twice", async () => {
  const calm = await open();
  await calm.house.ship("v2-errors50");
  await calm.house.untilEnd();
  await calm.house.clock.advance(20_000);
  const expected = new Set(calm.replies());
  const requests = calm.askedMs.length;
  await calm.house.term.stop();
  expect(expected.size).toBeGreaterThanOrEqual(4);
  for (let fatal = 1; fatal <= requests; fatal++) {
    const { house, workspace, receiver, askedMs, replies } = await open();
    const { read } = receiver;
    receiver.read = (received) => {
      const answer = read(received);
      if (askedMs.length === fatal) house.term.crash();
      return answer;
    };
    await house.ship("v2-errors50");
    await house.until("it is killed", () => askedMs.length >= fatal, 120_000);
    await house.clock.advance(3_000);
    house.term = await house.start("second");
    expect(await house.untilEnd()).toBe("RolledBack");
    await house.clock.advance(30_000);
    // Progress may be collapsed while nobody leads; what presses is there.
    const pressing = [...expected].filter((line) => /users were hurt|rolled back/.test(line));
    expect(replies(), `killed after request ${fatal}`).toEqual(expect.arrayContaining(pressing));
    const twice = replies().length - new Set(replies()).size + workspace.roots().length - 1;
    expect(twice, `killed after request ${fatal}`).toBeLessThanOrEqual(1);
    expect(workspace.roots().at(-1)?.text).toBe("checkout (shop): rolled back: every user is on the old version");
    await house.term.stop();
  }
});

test("a message that somebody deletes in the middle of a run is made anew", async () => {
  const { house, workspace, replies } = await open();
  await house.ship("v2");
  await house.until("the message is there", () => replies().length > 0);
  workspace.remove(workspace.roots()[0]?.ts ?? "");
  expect(await house.untilEnd()).toBe("Promoted");
  await house.clock.advance(30_000);
  expect(workspace.roots()).toMatchObject([{ text: "checkout (shop): promoted" }]);
  expect(replies().at(-1)).toBe("promoted");
  await house.term.stop();
});

test("an app that nobody invited is a condition that says so, and tells what matters once it is invited", async () => {
  const { house, workspace, replies } = await open();
  workspace.channels.set(CHANNEL_ID, { member: false, archived: false });
  await house.ship("v2-errors50");
  expect(await house.untilEnd()).toBe("RolledBack");
  await house.until("the condition says so", () =>
    house
      .rolloutStatus()
      .conditions.some(
        ({ type, message }) =>
          type === "NotificationFailed" && /channel team: answered not_in_channel \(invite the app/.test(message),
      ),
  );
  workspace.channels.set(CHANNEL_ID, { member: true, archived: false });
  await house.clock.advance(700_000);
  expect(replies()).toEqual([
    "users were hurt: they are taken off the new version",
    "rolled back: every user is on the old version",
  ]);
  expect(house.rolloutStatus().conditions.map(({ type }) => type)).not.toContain("NotificationFailed");
  await house.term.stop();
});
