import { describe, expect, test } from "vitest";
import { channelSchema, type Channel } from "../api/notifications.ts";
import { slackChannel, storedRun, toldTo } from "./message.test-helper.ts";
import type { Message, ToldRun } from "./message.ts";
import { fresh, KEY, later, open, rolledBack, type Sent, young } from "./notifier.test-helper.ts";
import type { Outcome, Thread } from "./outcome.ts";

const refused: Outcome = { kind: "refused", why: "answered 404 no_service" };

test("a run's messages come in order, one a second, and each once", async () => {
  const { clock, look, sent, events } = open();
  const run = rolledBack();
  look([run]);
  await clock.advance(10_000);
  look([run]);
  await clock.advance(10_000);
  expect(events()).toEqual(["SLOBreached", "RolledBack"]);
  expect((sent[1]?.atMs ?? 0) - (sent[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(1_000);
});

test("progress as it comes is told as it comes; while the channel is slow only the newest of it is", async () => {
  let slow = false;
  const { clock, look, events } = open(() => (slow ? later() : { kind: "sent" }));
  const run = toldTo(fresh(storedRun("Promoted"), "uid-1"), slackChannel());
  look([young(run, 1)]);
  await clock.advance(2_000);
  expect(events()).toEqual(["Started"]);
  slow = true;
  for (let count = 2; count < run.status.transitions.length; count++) {
    look([young(run, count)]);
    await clock.advance(3_000);
  }
  slow = false;
  await clock.advance(300_000);
  expect(events()).toEqual(["Started", "UsersMoved"]);
});

test("two channels do not wait for each other; two that share a URL share its rate", async () => {
  const other = slackChannel({ name: "other", slack: { secretRef: { name: "elsewhere" } } });
  const twin = slackChannel({ name: "twin" });
  const { clock, look, sent } = open((channel) => (channel.name === "other" ? later() : { kind: "sent" }));
  look([rolledBack([slackChannel(), twin, other])]);
  await clock.advance(5_000);
  expect(sent.map(({ channel }) => channel)).toEqual(["team", "team", "twin", "twin"]);
  const times = sent.map(({ atMs }) => atMs);
  for (const [index, atMs] of times.entries())
    if (index > 0) expect(atMs - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
});

test("Retry-After is honoured", async () => {
  const { clock, look, sent } = open((_channel, _message, tries) => (tries === 1 ? later(30_000) : { kind: "sent" }));
  look([rolledBack()]);
  await clock.advance(29_900);
  expect(sent).toEqual([]);
  await clock.advance(200);
  expect(sent).toHaveLength(1);
});

test("Retry-After of a year is taken for an hour", async () => {
  const year = later(365 * 24 * 3_600_000);
  const { clock, look, events } = open((_channel, _message, tries) => (tries === 1 ? year : { kind: "sent" }));
  look([rolledBack()]);
  await clock.advance(3_599_000);
  expect(events()).toEqual([]);
  await clock.advance(3_000);
  expect(events()).toEqual(["SLOBreached", "RolledBack"]);
});

test("a receiver in trouble is tried with more patience each time, is called failing, and recovers", async () => {
  let down = true;
  const { clock, look, notifier, events, tries } = open(() => (down ? later() : { kind: "sent" }));
  look([rolledBack()]);
  await clock.advance(0);
  expect(notifier.failing(KEY)).toBeUndefined();
  await clock.advance(60_000);
  expect(tries()).toBeLessThan(8);
  expect(notifier.failing(KEY)).toBe("channel team: answered 503");
  down = false;
  await clock.advance(120_000);
  expect(events()).toEqual(["SLOBreached", "RolledBack"]);
  expect(notifier.failing(KEY)).toBeUndefined();
});

test("a receiver that refuses is called failing at once; what presses waits for the remedy, progress does not", async () => {
  let gone = true;
  const { clock, look, notifier, events, outcomes } = open(() => (gone ? refused : { kind: "sent" }));
  const promoted = toldTo(fresh(storedRun("Promoted"), "uid-1"), slackChannel());
  look([young(promoted, 1)]);
  await clock.advance(1_000);
  expect(notifier.failing(KEY)).toBe("channel team: answered 404 no_service");
  expect(outcomes).toEqual(["slack failed", "slack dropped"]);
  look([rolledBack()]);
  await clock.advance(100_000);
  gone = false;
  await clock.advance(600_000);
  expect(events()).toEqual(["SLOBreached", "RolledBack"]);
});

test("what is a day old is given up", async () => {
  const { clock, look, outcomes, tries } = open(() => refused);
  look([rolledBack()]);
  await clock.advance(25 * 3_600_000);
  expect(outcomes.filter((outcome) => outcome === "slack dropped")).toHaveLength(2);
  const before = tries();
  await clock.advance(24 * 3_600_000);
  expect(tries()).toBe(before);
});

test("a wall clock that is two days ahead for a while makes nothing old that waits", async () => {
  let down = true;
  const { clock, look, setWallAhead, events, outcomes } = open(() => (down ? later() : { kind: "sent" }));
  look([rolledBack()]);
  await clock.advance(500);
  setWallAhead(48 * 3_600_000);
  await clock.advance(10_000);
  setWallAhead(0);
  down = false;
  await clock.advance(60_000);
  expect(events()).toEqual(["SLOBreached", "RolledBack"]);
  expect(outcomes).not.toContain("slack dropped");
});

test("until a message is recorded nothing more is sent of that run, so that a crash repeats one at most", async () => {
  const house = open();
  house.world.records = false;
  const run = rolledBack();
  house.look([run]);
  await house.clock.advance(60_000);
  expect(house.events()).toEqual(["SLOBreached"]);
  const next = open();
  next.look([run]);
  await next.clock.advance(10_000);
  expect(next.events()).toEqual(["SLOBreached", "RolledBack"]);
});

test.each<[string, (house: ReturnType<typeof open>) => void]>([
  ["the Rollout is deleted", ({ notifier }) => notifier.forget(KEY)],
  ["the run is deleted", ({ look }) => look([])],
])("once %s, what waits is still sent, though nobody records any more", async (_how, lose) => {
  const house = open();
  house.world.records = false;
  house.look([rolledBack()]);
  await house.clock.advance(500);
  expect(house.events()).toEqual(["SLOBreached"]);
  lose(house);
  await house.clock.advance(10_000);
  expect(house.events()).toEqual(["SLOBreached", "RolledBack"]);
});

test("a new process sends only what is not recorded", async () => {
  const { clock, look, events } = open();
  const run = rolledBack();
  const first = run.status.transitions.find(({ to }) => to === "Withdrawing");
  const key = `${Date.parse(first?.at ?? "").toString(36)}.${first?.from}.${first?.to}.${first?.event}`.toLowerCase();
  look([{ ...run, status: { ...run.status, notified: [{ channel: "team", key, at: first?.at ?? "" }] } }]);
  await clock.advance(10_000);
  expect(events()).toEqual(["RolledBack"]);
});

test("a cache that shows an older record brings nothing twice", async () => {
  const { clock, look, events, notifier } = open();
  const run = rolledBack();
  look([run]);
  await clock.advance(10_000);
  notifier.look(KEY, [run]);
  await clock.advance(10_000);
  expect(events()).toEqual(["SLOBreached", "RolledBack"]);
});

test("nothing is sent once leadership is lost, or after the end", async () => {
  const lost = open();
  lost.leading.abort();
  lost.look([rolledBack()]);
  await lost.clock.advance(10_000);
  const ended = open();
  await ended.notifier.stop();
  ended.look([rolledBack()]);
  await ended.clock.advance(10_000);
  expect([...lost.sent, ...ended.sent]).toEqual([]);
});

test("of a flood the oldest progress is dropped, and nothing that presses", async () => {
  let open_ = false;
  const { clock, look, events, outcomes } = open(() => (open_ ? { kind: "sent" } : later()));
  const promoted = toldTo(storedRun("Promoted"), slackChannel());
  const runs = Array.from({ length: 1_100 }, (_, index) => young({ ...fresh(promoted, `uid-${index}`) }, 1));
  look([...runs, rolledBack([slackChannel()], "bad")]);
  await clock.advance(1);
  expect(outcomes.filter((outcome) => outcome === "slack dropped").length).toBe(100);
  open_ = true;
  await clock.advance(20_000);
  expect(events().slice(0, 2)).toEqual(["SLOBreached", "RolledBack"]);
});

test("an alert is neither raised nor resolved by what happens beside the run's way", async () => {
  const alerts = channelSchema.parse({ name: "alerts", alertmanager: { secretRef: { name: "sluice-alertmanager" } } });
  const { clock, look, sent } = open();
  const run = rolledBack([alerts, slackChannel()]);
  const beside = ["commandRefused", "holdBroken"].map((event) => ({
    at: "2026-01-01T00:09:30.000Z",
    from: "RolledBack",
    to: "RolledBack",
    event,
    message: "",
  }));
  look([{ ...run, status: { ...run.status, transitions: [...run.status.transitions, ...beside] } }]);
  await clock.advance(30_000);
  const to = (name: string) => sent.filter(({ channel }) => channel === name).map(({ message }) => message.event);
  expect(to("alerts")).toEqual(["SLOBreached", "RolledBack"]);
  expect(to("team")).toEqual(["SLOBreached", "RolledBack", "CommandRefused", "HoldBroken"]);
});

describe("a message in parts", () => {
  test("waits until what was made of it is on record, and goes on from there in a new process", async () => {
    const made: Outcome = { kind: "part", thread: { ts: "1.1", shows: undefined } };
    const threads: (string | undefined)[] = [];
    const answer = (_channel: Channel, _message: Message, _tries: number, thread?: Thread): Outcome => {
      threads.push(thread?.ts);
      return thread === undefined ? made : { kind: "sent" };
    };
    const house = open(answer);
    house.world.records = false;
    const run = rolledBack();
    house.look([run]);
    await house.clock.advance(60_000);
    expect(threads).toEqual([undefined]);
    const notified = house.notifier.recorded(KEY, run.uid, run.status.notified);
    expect(notified).toEqual([{ channel: "team", ts: "1.1" }]);
    const next = open(answer);
    next.look([{ ...run, status: { ...run.status, notified } }]);
    await next.clock.advance(10_000);
    expect(threads).toEqual([undefined, "1.1", "1.1"]);
    expect(next.events()).toEqual(["SLOBreached", "RolledBack"]);
  });

  test("is made anew with more patience each time, when all that was made is lost", async () => {
    let made = 0;
    const { clock, look, notifier } = open((_channel, _message, _tries, thread) => {
      const anew = { ts: `1.${(made += 1)}`, shows: undefined };
      return { kind: "part", thread: thread === undefined ? anew : undefined };
    });
    look([rolledBack()]);
    await clock.advance(600_000);
    expect(made).toBeLessThan(25);
    expect(notifier.failing(KEY)).toBe("channel team: the run's message is gone each time that it is made");
  });
});

describe("an alert", () => {
  const alerts = channelSchema.parse({ name: "alerts", alertmanager: { secretRef: { name: "sluice-alertmanager" } } });
  const MINUTE = 60_000;
  const shown = (sent: readonly Sent[]) =>
    sent.map(({ atMs, message }) => `${Math.floor(atMs / MINUTE)}m ${message.event} ${message.severity}`);

  test("is sent again every five minutes while it stands, also by the next process, and ended once it does not", async () => {
    const house = open();
    const run = rolledBack([alerts]);
    house.look([run]);
    await house.clock.advance(11 * MINUTE);
    const [, rolled, first, second] = shown(house.sent);
    expect(rolled).toBe("0m RolledBack Critical");
    expect([first, second]).toEqual(["5m RolledBack Critical", "10m RolledBack Critical"]);
    expect(house.sent).toHaveLength(4);
    const next = open();
    const notified = house.notifier.recorded(KEY, run.uid, run.status.notified);
    const recorded = { ...run, status: { ...run.status, notified } };
    next.look([recorded]);
    await next.clock.advance(6 * MINUTE);
    expect(shown(next.sent)).toEqual(["0m RolledBack Critical", "5m RolledBack Critical"]);
    next.notifier.look(KEY, [recorded], { isAtRest: true });
    await next.clock.advance(30 * MINUTE);
    expect(shown(next.sent).slice(2)).toEqual(["6m RolledBack Info"]);
    expect(Date.parse(next.sent.at(-1)?.message.at ?? "")).toBe(next.clock.now() - 30 * MINUTE);
  });

  test("of a run is ended when another begins, when the run is gone, and with the Rollout", async () => {
    const later = { ...rolledBack([], "uid-2"), spec: { ...rolledBack([]).spec, ordinal: 99 } };
    for (const end of [
      (house: ReturnType<typeof open>, run: ToldRun) => house.look([run, later]),
      (house: ReturnType<typeof open>) => house.look([]),
      (house: ReturnType<typeof open>) => house.notifier.forget(KEY),
    ]) {
      const house = open();
      const run = rolledBack([alerts]);
      house.look([run]);
      await house.clock.advance(6 * MINUTE);
      end(house, run);
      await house.clock.advance(30 * MINUTE);
      expect(shown(house.sent).slice(3)).toEqual(["6m RolledBack Info"]);
    }
  });

  test("that nobody takes is tried again with patience, is called failing, and holds up nothing that is new", async () => {
    let down = false;
    const house = open(() => (down ? later() : { kind: "sent" }));
    house.look([rolledBack([alerts])]);
    await house.clock.advance(MINUTE);
    down = true;
    await house.clock.advance(30 * MINUTE);
    expect(house.notifier.failing(KEY)).toBe("channel alerts: answered 503");
    expect(house.tries()).toBeLessThan(20);
    down = false;
    await house.clock.advance(20 * MINUTE);
    expect(house.notifier.failing(KEY)).toBeUndefined();
    expect(shown(house.sent).at(-1)).toMatch(/RolledBack Critical$/);
  });

  test("that is told again waits behind everything that is new", async () => {
    const house = open();
    const runs = Array.from({ length: 60 }, (_, index) => rolledBack([alerts], `uid-${index}`));
    for (const [index, run] of runs.entries()) house.notifier.look(`shop/checkout-${index}`, [run]);
    await house.clock.advance(200_000);
    for (const [index, run] of runs.entries()) {
      const notified = house.notifier.recorded(`shop/checkout-${index}`, run.uid, []);
      house.notifier.look(`shop/checkout-${index}`, [{ ...run, status: { ...run.status, notified } }]);
    }
    await house.clock.advance(300_000);
    const fromMs = house.clock.monotonic();
    house.look([rolledBack([alerts], "new")]);
    await house.clock.advance(4_000);
    const since = house.sent.filter(({ atMs }) => atMs >= fromMs);
    expect(since.some(({ message }) => message.runUid === "new")).toBe(true);
  });

  test("that could be sent only after the Rollout was deleted is sent once, and ends by itself", async () => {
    const house = open();
    house.world.records = false;
    house.look([rolledBack([alerts])]);
    await house.clock.advance(500);
    house.notifier.forget(KEY);
    await house.clock.advance(60 * MINUTE);
    expect(shown(house.sent)).toEqual(["0m SLOBreached Critical", "0m RolledBack Critical"]);
  });

  test("of an abort is not ended: whoever did it knows, and it ends by itself", async () => {
    const house = open();
    const run = toldTo(fresh(storedRun("Aborted"), "uid-1"), alerts);
    house.look([run]);
    await house.clock.advance(60 * MINUTE);
    expect(shown(house.sent).at(-1)).toBe("0m Aborted Warning");
  });

  test("is up only for what the channel asked for", async () => {
    const house = open();
    const breaches = channelSchema.parse({ ...alerts, events: ["SLOBreached"] });
    house.look([rolledBack([breaches])]);
    await house.clock.advance(30 * MINUTE);
    expect(shown(house.sent)).toEqual(["0m SLOBreached Critical", "0m SLOBreached Info"]);
  });
});
