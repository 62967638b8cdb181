import { expect, test } from "vitest";
import type { RolloutSpecInput } from "../api/rollout.ts";
import { createReceiver, postTo, type Received } from "../notify/receiver.test-helper.ts";
import { openKeptHouse, type House } from "./fixture.test-helper.ts";
import { makesSecret } from "./secret.test-helper.ts";

const MINUTE = 60_000;

interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt?: string;
  endsAt: string;
}

/** What Alertmanager keeps: by labels, until its end has come. Whatever is not sent again is gone by itself. */
function createAlerts(nowMs: () => number) {
  const known = new Map<string, Alert>();
  return {
    read({ json }: Pick<Received, "json">) {
      for (const alert of json as unknown as Alert[]) known.set(JSON.stringify(alert.labels), alert);
      return { status: 200, body: "" };
    },
    /** The runs that an alert is up for, with the event of each. */
    up: () =>
      [...known.values()]
        .filter(({ endsAt }) => Date.parse(endsAt) > nowMs())
        .map(({ labels, annotations }) => `${labels["run"]} ${annotations["event"]}`),
  };
}

const makeSecret = makesSecret("sluice-alertmanager", { url: "http://alertmanager.test:9093" });

async function open() {
  let house: House | undefined;
  const alerts = createAlerts(() => house?.clock.now() ?? 0);
  const receiver = createReceiver((received) => alerts.read(received));
  const channels = [{ name: "alerts", alertmanager: { secretRef: { name: "sluice-alertmanager" } } }];
  const spec = { notifications: { channels } } as Partial<RolloutSpecInput>;
  const kept = await openKeptHouse({ post: postTo(receiver), furnish: makeSecret, spec });
  house = kept;
  return { house: kept, alerts, receiver };
}

test("a paused run's alert is up as long as the pause, longer than an alert lasts, and is gone with it", async () => {
  const { house, alerts, receiver } = await open();
  await house.ship("v2");
  await house.untilPhase("Observing");
  await house.command("pause");
  await house.untilPhase("Paused");
  house.load(0);
  await house.clock.advance(20 * MINUTE);
  expect(alerts.up()).toEqual(["checkout-1 Paused"]);
  expect(receiver.asked.length).toBeLessThan(20 / 5 + 5);
  house.term.crash();
  house.term = await house.start("second");
  await house.clock.advance(45 * MINUTE);
  expect(alerts.up()).toEqual(["checkout-1 Paused"]);
  house.load(60);
  await house.command("resume");
  await house.clock.advance(5_000);
  expect(alerts.up()).toEqual([]);
  expect(await house.untilEnd()).toBe("Promoted");
  expect(alerts.up()).toEqual([]);
  await house.term.stop();
});

test("a version that was taken back is an alert until Git has the old one again", async () => {
  const { house, alerts } = await open();
  await house.ship("v2-errors50");
  expect(await house.untilEnd()).toBe("RolledBack");
  house.load(0);
  await house.clock.advance(70 * MINUTE);
  expect(alerts.up()).toEqual(["checkout-1 RolledBack"]);
  await house.ship("v1");
  await house.clock.advance(MINUTE);
  expect(house.rolloutStatus().phase).toBe("Healthy");
  expect(alerts.up()).toEqual([]);
  await house.term.stop();
});

test("a version that was taken back is an alert no more once a newer one is on its way", async () => {
  const { house, alerts } = await open();
  await house.ship("v2-errors50");
  expect(await house.untilEnd()).toBe("RolledBack");
  await house.clock.advance(10 * MINUTE);
  await house.ship("v3");
  expect(await house.untilEnd(2)).toBe("Promoted");
  await house.clock.advance(MINUTE);
  expect(alerts.up()).toEqual([]);
  await house.term.stop();
});

test("with the controller gone an alert ends by itself after an hour", async () => {
  const { house, alerts } = await open();
  await house.ship("v2-errors50");
  expect(await house.untilEnd()).toBe("RolledBack");
  await house.clock.advance(10 * MINUTE);
  house.term.crash();
  await house.clock.advance(50 * MINUTE);
  expect(alerts.up()).toEqual(["checkout-1 RolledBack"]);
  await house.clock.advance(11 * MINUTE);
  expect(alerts.up()).toEqual([]);
});
