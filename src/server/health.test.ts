import { expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import { createHealth } from "./health.ts";

function healthy() {
  const clock = createManualClock();
  return { clock, health: createHealth({ clock }) };
}

test("a process that has not read the lease is alive, but not ready", () => {
  const { health } = healthy();
  expect(health.alive().ok).toBe(true);
  expect(health.ready()).toMatchObject({ ok: false, role: "starting", reasons: ["the lease was not read yet"] });
});

test("a follower is ready once it knows who leads", () => {
  const { health } = healthy();
  health.sawHolder("other");
  expect(health.ready()).toEqual({ ok: true, role: "standing by", leader: "other", reasons: [] });
});

test("a leader is ready once its caches are filled", () => {
  const { health } = healthy();
  health.sawHolder("me");
  health.leads();
  expect(health.ready()).toMatchObject({ ok: false, reasons: ["leading, but the caches are not filled yet"] });
  health.works(() => 0);
  expect(health.ready()).toMatchObject({ ok: true, role: "leading" });
});

test("a leader that cannot begin for something that the cluster lacks says so", () => {
  const { health } = healthy();
  health.leads();
  health.lacks("Istio is not installed");
  expect(health.ready()).toMatchObject({ ok: false, reasons: ["leading, but Istio is not installed"] });
  expect(health.alive().ok).toBe(true);
  health.lacks(undefined);
  expect(health.ready()).toMatchObject({ ok: false, reasons: ["leading, but the caches are not filled yet"] });
});

test("a process that stops is not ready, even if it is elected just then", () => {
  const { health } = healthy();
  health.stops();
  health.leads();
  expect(health.ready()).toMatchObject({ ok: false, role: "stopping" });
  expect(health.alive().ok).toBe(true);
});

test("a pass that hangs for five minutes ends in a restart; idleness does not", async () => {
  const { clock, health } = healthy();
  let active = 0;
  health.leads();
  health.works(() => active);
  await clock.advance(3_600_000);
  expect(health.alive().ok).toBe(true);
  active = 2;
  await clock.advance(299_000);
  expect(health.alive().ok).toBe(true);
  await clock.advance(1_000);
  expect(health.alive()).toMatchObject({
    ok: false,
    reasons: ["2 passes are in hand and none has ended for 300 s"],
  });
  health.passed();
  expect(health.alive().ok).toBe(true);
});
