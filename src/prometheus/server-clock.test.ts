import { expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import { createFeed } from "./feed.ts";
import type { PrometheusApi } from "./port.ts";
import { onServerClock } from "./server-clock.ts";

const startMs = Date.UTC(2026, 0, 1);
const down = { kind: "error" as const, reason: "unreachable" as const, message: "connection refused" };

/** A server whose clock differs by `skewMs` from ours, or that has none; what it was asked is in `asked`, in its own time. */
function setUp(skewMs: number | undefined) {
  const clock = createManualClock(startMs);
  const server = { skewMs, looks: 0 };
  const said: string[] = [];
  const asked: string[] = [];
  // Its clock goes on when somebody sets ours.
  const nowMs = () => startMs + clock.monotonic() + (server.skewMs ?? 0);
  const api: PrometheusApi = {
    async now() {
      server.looks += 1;
      return server.skewMs === undefined ? down : { kind: "time", timeMs: nowMs() };
    },
    async query(_, atMs) {
      asked.push(`at ${atMs - nowMs()}`);
      return { kind: "samples", samples: [{ labels: {}, timeMs: atMs, value: 1 }], warnings: [] };
    },
    async queryRange(_, fromMs, toMs) {
      asked.push(`from ${fromMs - nowMs()} to ${toMs - nowMs()}`);
      const points = [fromMs, toMs].map((timeMs) => ({ timeMs, value: 1 }));
      return { kind: "series", series: [{ labels: {}, points }], warnings: [] };
    },
  };
  const note = (level: string) => (_: object, message: string) => void said.push(`${level}: ${message}`);
  const log = { info: note("info"), warn: note("warn"), error: note("error") };
  const ours = onServerClock({ serverName: "default", api, clock, log });
  return { clock, server, said, asked, ours };
}

test.each([-120_000, 120_000])(
  "a server whose clock is %i ms off is asked about its own present, and answers in our time",
  async (skewMs) => {
    const { clock, asked, said, ours } = setUp(skewMs);
    const nowMs = clock.now();
    expect(await ours.query("up", nowMs)).toMatchObject({ samples: [{ timeMs: nowMs }] });
    const range = await ours.queryRange("up", nowMs - 60_000, nowMs, 1_000);
    expect(range).toMatchObject({ series: [{ points: [{ timeMs: nowMs - 60_000 }, { timeMs: nowMs }] }] });
    expect(asked).toEqual(["at 0", "from -60000 to 0"]);
    expect(said).toEqual([
      `warn: the clock of Prometheus "default" is 120 s ${skewMs > 0 ? "ahead of" : "behind"} this controller's: it is asked by its own; set the clocks`,
    ]);
  },
);

test("a difference of less than a second is none, and its clock is looked at once a minute", async () => {
  const { clock, server, asked, said, ours } = setUp(900);
  for (let second = 0; second < 90; second++) {
    await ours.query("up", clock.now());
    await clock.advance(1_000);
  }
  expect(new Set(asked)).toEqual(new Set(["at -900"]));
  expect(said).toEqual([]);
  expect(server.looks).toBe(2);
});

test("a clock of ours that jumps is noticed with the next query, and told when it is right again", async () => {
  const { clock, asked, said, ours } = setUp(0);
  await ours.query("up", clock.now());
  clock.setWall(startMs - 300_000);
  await ours.query("up", clock.now());
  clock.setWall(startMs);
  await ours.query("up", clock.now());
  expect(asked).toEqual(["at 0", "at 0", "at 0"]);
  expect(said).toEqual([
    `warn: the clock of Prometheus "default" is 300 s ahead of this controller's: it is asked by its own; set the clocks`,
    "info: Prometheus and this controller agree about the time again",
  ]);
});

test("a server that does not tell its time is asked by ours, and by its own within ten seconds of when it does", async () => {
  const { clock, server, asked, ours } = setUp(undefined);
  await ours.query("up", clock.now());
  server.skewMs = 60_000;
  await ours.query("up", clock.now());
  await clock.advance(10_000);
  await ours.query("up", clock.now());
  expect(asked).toEqual(["at 0", "at -60000", "at 0"]);
});

test("a server that never tells its time is read all the same", async () => {
  const clock = createManualClock(startMs);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const silent: PrometheusApi = {
    now: () => new Promise(() => undefined),
    query: async () => ({ kind: "samples", samples: [], warnings: [] }),
    queryRange: async () => down,
  };
  const api = onServerClock({ serverName: "default", api: silent, clock, log });
  const heard = { readings: 0, failures: 0 };
  const onReading = () => void (heard.readings += 1);
  const onFailure = () => void (heard.failures += 1);
  const feed = createFeed({ serverName: "default", api, clock, log, onReading, onFailure });
  const names = { namespace: "shop", serviceHost: "checkout.shop.svc", canaryWorkload: "a", stableWorkload: "b" };
  feed.register("key", { key: "key", ...names, canarySubset: "canary", stableSubset: "stable", objectives: [] }, 1_000);
  await clock.advance(60_000);
  expect(heard.failures).toBe(0);
  expect(heard.readings).toBeGreaterThan(45);
});
