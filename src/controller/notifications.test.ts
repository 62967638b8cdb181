import { describe, expect, test } from "vitest";
import { FINALIZER } from "../api/metadata.ts";
import type { RolloutSpecInput } from "../api/rollout.ts";
import { createReceiver, postTo, type Receiver } from "../notify/receiver.test-helper.ts";
import { isSluice, openKeptHouse, ref, type HouseOptions } from "./fixture.test-helper.ts";
import { makesSecret } from "./secret.test-helper.ts";
import { rollouts } from "./resources.ts";

const URL_OF_SECRET = "https://hooks.slack.test/services/T000000/B000000/s3cr3tS3cr3t";
const slack = { name: "team", slack: { secretRef: { name: "sluice-slack" } } };

const makeSecret = makesSecret("sluice-slack", { url: URL_OF_SECRET });

function houseWith(receiver: Receiver, options: HouseOptions = {}) {
  const spec = { notifications: { channels: [slack] } } as Partial<RolloutSpecInput>;
  return openKeptHouse({
    post: postTo(receiver),
    furnish: makeSecret,
    ...options,
    spec: { ...spec, ...options.spec },
  });
}

const headlines = (receiver: Receiver) =>
  receiver.taken.map(({ json }) => String(json["text"]).replace("checkout (shop): ", ""));
const bodies = (receiver: Receiver) => receiver.taken.map(({ body }) => body);

describe("a run is told in Slack", () => {
  test("promoted: from its beginning to its end, in order", async () => {
    const receiver = createReceiver();
    const house = await houseWith(receiver);
    await house.ship("v2");
    expect(await house.untilEnd()).toBe("Promoted");
    await house.clock.advance(5_000);
    expect(headlines(receiver)).toEqual([
      "a new version begins its way to users",
      "10% of the users go to the new version",
      "a step passed",
      "100% of the users go to the new version",
      "every user is on the new version",
      "promoted",
    ]);
    expect(bodies(receiver).at(-1)).toContain("sluice undo checkout -n shop");
    expect(house.run()?.status.notified).toMatchObject([{ channel: "team" }]);
    await house.term.stop();
  });

  test("paused by a person, and gone on: who, and how to go on", async () => {
    const receiver = createReceiver();
    const house = await houseWith(receiver);
    await house.ship("v2");
    await house.untilPhase("Observing");
    await house.command("pause");
    await house.untilPhase("Paused");
    await house.clock.advance(5_000);
    expect(headlines(receiver).at(-1)).toBe("paused");
    expect(bodies(receiver).at(-1)).toContain("sluice resume checkout -n shop");
    expect(bodies(receiver).at(-1)).toContain("alice");
    await house.command("resume");
    expect(await house.untilEnd()).toBe("Promoted");
    await house.term.stop();
  });

  test("rolled back: the deciding numbers, a line of them, and how to try again", async () => {
    const receiver = createReceiver();
    const house = await houseWith(receiver);
    await house.ship("v2-errors50");
    expect(await house.untilEnd()).toBe("RolledBack");
    await house.clock.advance(5_000);
    expect(headlines(receiver).slice(-2)).toEqual([
      "users were hurt: they are taken off the new version",
      "rolled back: every user is on the old version",
    ]);
    const breach = bodies(receiver).at(-2) ?? "";
    expect(breach).toMatch(/\d+ of \d+ requests \([\d.]+ %\) failed, over the limit of 2 %/);
    expect(breach).toMatch(/[▂-█]/);
    expect(bodies(receiver).at(-1)).toContain("sluice retry checkout -n shop");
    await house.term.stop();
  });
});

test("a controller killed between sending and recording repeats that message, and no other", async () => {
  const receiver = createReceiver();
  const house = await houseWith(receiver);
  // The process dies in the very write that would have recorded the breach.
  house.sim.setFault((call) => {
    const records = isSluice(call) && call.resource === "rolloutruns.sluice.dev" && call.subresource === "status";
    if (!records || !headlines(receiver).some((line) => line.startsWith("users were hurt"))) return undefined;
    house.term.crash();
    return { delayMs: 1_000_000 };
  });
  await house.ship("v2-errors50");
  await house.until("the breach is told", () => headlines(receiver).some((line) => line.startsWith("users were hurt")));
  await house.clock.advance(2_000);
  house.term.crash();
  house.sim.setFault(undefined);
  house.term = await house.start("second");
  expect(await house.untilEnd()).toBe("RolledBack");
  await house.clock.advance(10_000);
  const told = headlines(receiver);
  expect(told.filter((line) => line.startsWith("users were hurt"))).toHaveLength(2);
  expect(told.filter((line) => line.startsWith("rolled back"))).toHaveLength(1);
  expect(told.at(-1)).toMatch(/^rolled back/);
  house.term = await house.start("third");
  await house.clock.advance(30_000);
  expect(headlines(receiver)).toEqual(told);
});

test.each([
  ["deleted", []],
  ["deleted by force", [FINALIZER]],
])("a run whose Rollout is %s while nobody takes its messages is told to its end later", async (_how, taken) => {
  const receiver = createReceiver();
  receiver.always = { status: 503, body: "down" };
  const house = await houseWith(receiver);
  await house.ship("v2-errors50");
  await house.untilPhase("Withdrawing");
  const finalizers = house.object("rollouts.sluice.dev")?.metadata.finalizers?.filter((one) => !taken.includes(one));
  await house.alice.patch(rollouts, ref, { type: "merge", patch: { metadata: { finalizers } } });
  await house.alice.delete(rollouts, ref);
  await house.until("the Rollout is gone", () => house.object("rollouts.sluice.dev") === undefined);
  receiver.always = undefined;
  await house.clock.advance(1_800_000);
  expect(headlines(receiver)).toEqual([
    "users were hurt: they are taken off the new version",
    "rolled back: every user is on the old version",
  ]);
  await house.term.stop();
});

describe("a channel that fails", () => {
  test.each<[string, Receiver["always"]]>([
    ["is gone", { status: 404, body: "no_service" }],
    ["hangs", "hang"],
    ["is in trouble", { status: 500, body: "rollup_error" }],
  ])("because it %s delays nothing, is a condition, and names no secret", async (_name, always) => {
    const receiver = createReceiver();
    receiver.always = always;
    const house = await houseWith(receiver);
    const shippedMs = house.clock.now();
    await house.ship("v2-errors50");
    expect(await house.untilEnd()).toBe("RolledBack");
    const tookMs = house.clock.now() - shippedMs;
    await house.until("the condition says so", () =>
      house.rolloutStatus().conditions.some(({ type, status }) => type === "NotificationFailed" && status === "True"),
    );
    const quiet = await openKeptHouse();
    const quietMs = quiet.clock.now();
    await quiet.ship("v2-errors50");
    await quiet.untilEnd();
    expect(tookMs).toBeLessThanOrEqual(quiet.clock.now() - quietMs + 1_000);
    const everything = JSON.stringify([
      house.sim.store.list("rollouts.sluice.dev"),
      house.sim.store.list("rolloutruns.sluice.dev"),
      house.sim.store.list("events.events.k8s.io"),
    ]);
    expect(everything).toContain("channel team");
    expect(everything).not.toMatch(/s3cr3t|T000000|B000000/);
    receiver.always = undefined;
    await house.clock.advance(700_000);
    expect(headlines(receiver).at(-1)).toMatch(/^rolled back/);
    expect(house.rolloutStatus().conditions.map(({ type }) => type)).not.toContain("NotificationFailed");
    await house.term.stop();
    await quiet.term.stop();
  });

  test("because its Secret is not there says which, and works once it is", async () => {
    const receiver = createReceiver();
    const house = await houseWith(receiver, { furnish: async () => {} });
    await house.ship("v2");
    await house.untilPhase("Observing");
    await house.until("the condition says so", () =>
      house
        .rolloutStatus()
        .conditions.some(({ message }) => message.includes("Secret sluice-system/sluice-slack: it is not there")),
    );
    expect(await house.untilEnd()).toBe("Promoted");
    await makeSecret(house.alice);
    await house.clock.advance(400_000);
    expect(headlines(receiver)).toEqual(["promoted"]);
    await house.term.stop();
  });
});
