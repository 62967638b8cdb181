import { expect, test } from "vitest";
import { ApiError } from "../kube/errors.ts";
import { silentLog } from "../kube/log.ts";
import { type Controller, startController } from "./controller.ts";
import { isSluice, openHouse } from "./fixture.test-helper.ts";
import { untilPromoted } from "./states.test-helper.ts";
import { silentTelemetry } from "./telemetry.ts";

test("without Istio's kinds it waits, and begins by itself once they are installed", async () => {
  const house = await openHouse();
  const { clock, sim } = house;
  const api = sim.as("sluice");
  let installed = false;
  let controller: Controller | undefined;
  let lack: string | undefined;
  const leading = new AbortController();
  void startController({
    api: {
      ...api,
      discover: (group) => (installed || group !== "networking.istio.io" ? api.discover(group) : Promise.resolve([])),
    },
    prometheus: { default: sim.prometheus },
    clock,
    random: () => 0.5,
    log: silentLog,
    telemetry: silentTelemetry,
    identity: "first",
    signal: leading.signal,
    onLack: (what) => (lack = what),
  }).then((started) => (controller = started));
  await clock.advance(60_000);
  expect(controller).toBeUndefined();
  expect(lack).toMatch(/no VirtualService and DestinationRule .*: install Istio's CRDs/);
  installed = true;
  await house.until("work has begun", () => controller !== undefined, 30_000);
  expect(lack).toBeUndefined();
  await house.until("the Deployment is protected", () => house.rolloutStatus().phase === "Healthy");
  await house.ship("v2");
  await untilPromoted(house);
  expect(sim.users.summary().failed).toBe(0);
  await controller?.stop();
});

test("an API server that is in trouble at the start is waited for", async () => {
  const house = await openHouse();
  let asked = 0;
  house.sim.setFault((call) => {
    if (!isSluice(call) || (call.verb !== "discover" && call.verb !== "get")) return undefined;
    asked++;
    return asked % 2 === 1 ? { error: new ApiError(500, "InternalError", "etcdserver: no leader") } : undefined;
  });
  const term = await house.start();
  expect(asked).toBeGreaterThan(2);
  await term.stop();
});
