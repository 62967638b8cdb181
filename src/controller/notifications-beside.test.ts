import { describe, expect, test } from "vitest";
import type { RolloutSpecInput } from "../api/rollout.ts";
import { isFinal } from "../api/phase.ts";
import { deployments } from "../kube/resources.ts";
import type { PatchBody } from "../kube/port.ts";
import { createReceiver, postTo } from "../notify/receiver.test-helper.ts";
import { openKeptHouse, ref, type HouseOptions } from "./fixture.test-helper.ts";
import { makesSecret } from "./secret.test-helper.ts";

const MINUTE = 60_000;
const notifications = { channels: [{ name: "team", slack: { secretRef: { name: "sluice-slack" } } }] };

const makeSecret = makesSecret("sluice-slack", { url: "https://hooks.slack.test/services/T/B/X" });

async function open({ spec, ...options }: HouseOptions = {}) {
  const receiver = createReceiver();
  const house = await openKeptHouse({
    post: postTo(receiver),
    furnish: makeSecret,
    ...options,
    spec: { notifications, ...spec } as Partial<RolloutSpecInput>,
  });
  const told = () => receiver.taken.map(({ json }) => String(json["text"]).replace("checkout (shop): ", ""));
  /** What was said under this headline. */
  const said = (headline: string) =>
    receiver.taken.filter(({ json }) => String(json["text"]).endsWith(headline)).map(({ body }) => body);
  return { house, told, said };
}

/** As a GitOps tool does that finds `paused: false` in Git. */
const resume: PatchBody = {
  type: "apply",
  force: true,
  object: { apiVersion: "apps/v1", kind: "Deployment", metadata: { ...ref }, spec: { paused: false } },
};
const BROKEN = "a version that is not vetted was let loose, and is held again";

test("a wait for a window is told once, with the next opening and what to type, also by the next leader", async () => {
  const { house, told, said } = await open();
  const start = new Date(house.clock.now() + 20 * MINUTE);
  const schedule = `${start.getUTCMinutes()} ${start.getUTCHours()} * * *`;
  await house.editRollout((spec) => {
    spec["windows"] = [{ name: "daily", kind: "Allow", schedule, duration: "10m" }];
  });
  await house.clock.advance(1_000);
  await house.ship("v2");
  await house.untilPhase("Waiting", 1);
  await house.clock.advance(5 * MINUTE);
  house.term.crash();
  house.term = await house.start("second");
  await house.clock.advance(5 * MINUTE);
  expect(told()).toEqual(["waits for a window"]);
  expect(said("waits for a window")[0]).toMatch(/outside the allow window daily .*; opens \d{4}-/);
  expect(said("waits for a window")[0]).toContain("sluice abort checkout -n shop");
  expect(await house.untilEnd(1, 30 * MINUTE)).toBe("Promoted");
  await house.clock.advance(10_000);
  expect(told().filter((line) => line === "waits for a window")).toHaveLength(1);
  expect(told().at(-1)).toBe("promoted");
  await house.term.stop();
});

test("a command that is refused is told, with who gave it and why", async () => {
  const { house, said } = await open();
  await house.ship("v2");
  await house.untilPhase("Observing");
  await house.command("resume");
  await house.clock.advance(5_000);
  expect(said("a command was refused")).toHaveLength(1);
  expect(said("a command was refused")[0]).toMatch(/resume by alice: refused in Observing: /);
  expect(await house.untilEnd()).toBe("Promoted");
  await house.term.stop();
});

test("an undo that is refused after the end is told once, however often it is looked at", async () => {
  const { house, told, said } = await open({ spec: { notifications, historyLimit: 1 } as Partial<RolloutSpecInput> });
  await house.ship("v2-errors50");
  expect(await house.untilEnd()).toBe("RolledBack");
  await house.clock.advance(10_000);
  await house.command("undo");
  await house.clock.advance(10 * MINUTE);
  expect(said("a command was refused")).toHaveLength(1);
  expect(said("a command was refused")[0]).toMatch(/undo by alice: refused after the end: /);
  expect(told().at(-1)).toBe("a command was refused");
  await house.term.stop();
});

describe("a hold that somebody breaks", () => {
  test("in the middle of a run is told, with who it was", async () => {
    const { house, said } = await open({ hold: "none" });
    await house.ship("v2");
    await house.untilPhase("Observing");
    await house.alice.patch(deployments, ref, resume, { fieldManager: "argocd-controller" });
    await house.clock.advance(5_000);
    expect(said(BROKEN)).toHaveLength(1);
    expect(said(BROKEN)[0]).toContain("resumed by argocd-controller");
    expect(isFinal(house.phase() ?? "Preflight")).toBe(false);
    await house.term.stop();
  });

  test("after a version was refused is told to the channels of its run, once in ten minutes", async () => {
    const { house, said } = await open({ hold: "none" });
    await house.ship("v2-errors50");
    expect(await house.untilEnd()).toBe("RolledBack");
    await house.clock.advance(10_000);
    for (let times = 0; times < 3; times++) {
      await house.alice.patch(deployments, ref, resume, { fieldManager: "argocd-controller" });
      await house.clock.advance(MINUTE);
    }
    expect(said(BROKEN)).toHaveLength(1);
    await house.clock.advance(10 * MINUTE);
    await house.alice.patch(deployments, ref, resume, { fieldManager: "argocd-controller" });
    await house.clock.advance(MINUTE);
    expect(said(BROKEN)).toHaveLength(2);
    house.term.crash();
    house.term = await house.start("second");
    await house.clock.advance(MINUTE);
    expect(said(BROKEN)).toHaveLength(2);
    await house.term.stop();
  });
});

test("a refused version that was let loose while no controller looked is told, and so is the way back", async () => {
  const { house, told, said } = await open({ hold: "none" });
  await house.ship("v2-errors50");
  expect(await house.untilEnd()).toBe("RolledBack");
  await house.clock.advance(10_000);
  house.term.crash();
  await house.alice.patch(deployments, ref, resume, { fieldManager: "argocd-controller" });
  await house.clock.advance(12_000);
  house.term = await house.start("second");
  await house.until(
    "users are back",
    () => house.run()?.spec.reason === "Undo" && house.phase() === "Promoted",
    MINUTE,
  );
  await house.clock.advance(10_000);
  expect(said(BROKEN)).toEqual([
    expect.stringContaining("resumed by argocd-controller"),
    expect.stringContaining("every pod of Deployment checkout is of the version that was refused"),
  ]);
  expect(told().at(-1)).toBe("promoted");
  await house.term.stop();
});

test("a check that fails is told once while it fails, and for the next run again", async () => {
  const { house, told, said } = await open();
  house.sim.prometheus.setMode("down");
  await house.ship("v2");
  await house.clock.advance(5 * MINUTE);
  expect(told()).toEqual(["cannot start: a check failed"]);
  expect(said("cannot start: a check failed")[0]).toMatch(/metrics-live: .*sluice retry checkout -n shop/);
  house.term.crash();
  house.term = await house.start("second");
  await house.clock.advance(2 * MINUTE);
  expect(told()).toHaveLength(1);
  house.sim.prometheus.setMode("up");
  expect(await house.untilEnd()).toBe("Promoted");
  await house.clock.advance(10_000);
  expect(told()[1]).toBe("a new version begins its way to users");
  house.sim.prometheus.setMode("down");
  await house.ship("v3");
  await house.clock.advance(MINUTE);
  expect(told().at(-1)).toBe("cannot start: a check failed");
  await house.term.stop();
});
