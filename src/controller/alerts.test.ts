import { describe, expect, test } from "vitest";
import { silentLog } from "../kube/log.ts";
import { createAlerts } from "../server/alerts.ts";
import { type House, openKeptHouse } from "./fixture.test-helper.ts";

const TOKEN = "t0ken";
const USER = "system:serviceaccount:sluice-system:sluice";

/** As Alertmanager sends it (prometheus.io/docs/alerting/latest/configuration, webhook_config). */
function bodyOf(labels: Record<string, string>, status = "firing") {
  const alert = {
    status,
    labels,
    annotations: { summary: "checkout burns its error budget" },
    startsAt: "2026-01-01T00:00:00Z",
    endsAt: "0001-01-01T00:00:00Z",
    generatorURL: "",
    fingerprint: "c0ffee0123456789",
  };
  return {
    version: "4",
    groupKey: "{}",
    status,
    receiver: "sluice",
    externalURL: "",
    truncatedAlerts: 0,
    alerts: [alert],
  };
}

function asker(house: House) {
  const api = house.sim.as("sluice");
  const alerts = createAlerts({ api, log: silentLog, token: async () => `${TOKEN}\n`, user: async () => USER });
  return (body: unknown, token = TOKEN) =>
    alerts(
      new Request("http://sluice/alerts", {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    );
}

const burns = { alertname: "BudgetBurn", namespace: "shop", rollout: "checkout" };

describe("an alert that fires for a rollout", () => {
  test("pauses its run, once for each firing, and the run says which alert it was", async () => {
    const house = await openKeptHouse();
    const send = asker(house);
    await house.ship("v2");
    await house.untilPhase("Observing");
    expect(await (await send(bodyOf(burns))).json()).toEqual({ done: ["pause shop/checkout-1"] });
    await house.untilPhase("Paused");
    expect(house.run()?.status.pause?.message).toContain("alert BudgetBurn fires: checkout burns its error budget");
    await house.command("resume");
    await house.until("it goes on", () => house.phase() !== "Paused");
    expect(await (await send(bodyOf(burns))).json()).toEqual({ done: [] });
    expect(await house.untilEnd()).toBe("Promoted");
    await house.term.stop();
  });

  test("aborts it where its label says so", async () => {
    const house = await openKeptHouse();
    await house.ship("v2");
    await house.untilPhase("Observing");
    await asker(house)(bodyOf({ ...burns, sluice_action: "abort" }));
    expect(await house.untilEnd()).toBe("Aborted");
    expect(house.run()?.status.end?.message).toContain("BudgetBurn");
    await house.term.stop();
  });

  test("does nothing when it is resolved, is Sluice's own, is about no rollout, or no run is under way", async () => {
    const house = await openKeptHouse();
    const send = asker(house);
    const idle = await send(bodyOf(burns));
    await house.ship("v2");
    await house.untilPhase("Observing");
    const answers = [
      idle,
      await send(bodyOf(burns, "resolved")),
      await send(bodyOf({ ...burns, alertname: "SluiceRollout" })),
      await send(bodyOf({ alertname: "Other", namespace: "shop" })),
      await send(bodyOf({ ...burns, sluice_action: "promote" })),
    ];
    for (const answer of answers) expect(await answer.json()).toEqual({ done: [] });
    expect(house.run()?.spec.commands).toEqual([]);
    await house.term.stop();
  });
});

test("who has no token, or another, or sends something else, is refused and changes nothing", async () => {
  const house = await openKeptHouse();
  const send = asker(house);
  await house.ship("v2");
  await house.untilPhase("Observing");
  const statuses = [
    await send(bodyOf(burns), ""),
    await send(bodyOf(burns), "other"),
    await send("no json"),
    await send({ version: "3" }),
  ];
  expect(statuses.map(({ status }) => status)).toEqual([401, 401, 400, 400]);
  expect(await statuses[3]?.text()).toContain("Alertmanager's webhook, version 4: version");
  const empty = createAlerts({
    api: house.sim.as("sluice"),
    log: silentLog,
    token: async () => "",
    user: async () => USER,
  });
  const request = new Request("http://sluice/alerts", {
    method: "POST",
    headers: { authorization: "Bearer " },
    body: "{}",
  });
  expect((await empty(request)).status).toBe(401);
  expect(house.run()?.spec.commands).toEqual([]);
  await house.term.stop();
});
