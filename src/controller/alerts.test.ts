import { describe, expect, test } from "vitest";
import { silentLog } from "../kube/log.ts";
import { createAlerts } from "../server/alerts.ts";
import { ApiError } from "../kube/errors.ts";
import type { KubeApi } from "../kube/port.ts";
import { collectionPath } from "../kube/url.ts";
import { type House, openKeptHouse } from "./fixture.test-helper.ts";
import { rolloutRuns } from "./resources.ts";

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

function asker(house: House, warn: (fields: object, message: string) => void = () => {}) {
  const sluice = house.sim.as("sluice");
  const api: KubeApi = {
    ...sluice,
    list(resource, options = {}) {
      // As the client of a real server does, which refuses what is no name.
      collectionPath(resource, options.namespace);
      return sluice.list(resource, options);
    },
  };
  const log = { ...silentLog, warn };
  const alerts = createAlerts({ api, log, token: async () => `${TOKEN}\n`, user: async () => USER });
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

describe("an alert that cannot be obeyed keeps no other of its group from being obeyed", () => {
  const groupOf = (...labels: Record<string, string>[]) => {
    const [body] = labels.map((one) => bodyOf(one));
    const alerts = labels.flatMap((one) => bodyOf(one).alerts);
    return { ...body, alerts: alerts.map((alert, index) => ({ ...alert, fingerprint: `f${index}` })) };
  };

  test.each([
    ["namespace", ""],
    ["namespace", "../kube-system"],
    ["rollout", "a,b"],
    ["rollout", ""],
  ])("with the label %s=%j, which the log names; trying again would not help", async (label, value) => {
    const house = await openKeptHouse();
    const warned: object[] = [];
    await house.ship("v2");
    await house.untilPhase("Observing");
    const odd = { ...burns, alertname: "Odd", [label]: value };
    const answer = await asker(house, (fields) => warned.push(fields))(groupOf(odd, burns));
    expect([answer.status, await answer.json()]).toEqual([200, { done: ["pause shop/checkout-1"] }]);
    expect(warned).toEqual([{ alertname: "Odd", label, value }]);
    await house.term.stop();
  });

  test.each([
    [new ApiError(403, "Forbidden", "rolloutruns is forbidden"), 200],
    [new ApiError(503, "ServiceUnavailable", "shutting down"), 503],
  ])("since the API server says %s: answered %i", async (error, status) => {
    const house = await openKeptHouse();
    await house.ship("v2");
    await house.untilPhase("Observing");
    let asked = 0;
    house.sim.setFault((call) =>
      call.verb === "patch" && call.resource === "rolloutruns.sluice.dev" && ++asked === 1 ? { error } : undefined,
    );
    const answer = await asker(house)(groupOf({ ...burns, alertname: "First" }, burns));
    house.sim.setFault(undefined);
    expect(answer.status).toBe(status);
    expect(house.run()?.spec.commands.map(({ id }) => id)).toEqual([expect.stringContaining("alert-f1-")]);
    await house.term.stop();
  });

  test("since its run has as many commands as it may: the log says so, and what else fires is obeyed", async () => {
    const house = await openKeptHouse();
    const warned: object[] = [];
    await house.ship("v2");
    await house.untilPhase("Observing");
    const operations = Array.from({ length: 100 }, (_, index) => ({
      op: "add" as const,
      path: "/spec/commands/-",
      value: { id: `c${index}`, verb: "resume" },
    }));
    await house.alice.patch(rolloutRuns, { namespace: "shop", name: "checkout-1" }, { type: "json", operations });
    const answer = await asker(house, (fields) => warned.push(fields))(groupOf(burns));
    expect(answer.status).toBe(200);
    expect(warned).toMatchObject([{ alertname: "BudgetBurn", namespace: "shop", rollout: "checkout" }]);
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
