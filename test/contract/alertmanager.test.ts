import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { channelSchema } from "../../src/api/notifications.ts";
import { systemClock, type Clock } from "../../src/clock.ts";
import { openKeptHouse } from "../../src/controller/fixture.test-helper.ts";
import { silentLog } from "../../src/kube/log.ts";
import { createDeliver } from "../../src/notify/deliver.ts";
import { someMessage } from "../../src/notify/message.test-helper.ts";
import type { Message } from "../../src/notify/message.ts";
import { createPost } from "../../src/notify/post.ts";
import { holding, raisedBy } from "../../src/notify/raised.ts";
import { createAlerts } from "../../src/server/alerts.ts";
import { until } from "../lab/wait.ts";
import { startAlertmanager, type Alertmanager } from "../lab/alertmanager.ts";

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.stop();
});

async function start(config: object): Promise<Alertmanager> {
  const alertmanager = await startAlertmanager(stringify(config));
  open.push(alertmanager);
  return alertmanager;
}

const nobody = { route: { receiver: "nobody" }, receivers: [{ name: "nobody" }] };
const channel = channelSchema.parse({ name: "alerts", alertmanager: { secretRef: { name: "sluice-alertmanager" } } });

function sendTo({ url }: Alertmanager, message: Message, clock: Clock = systemClock) {
  const deliver = createDeliver({
    post: createPost({ clock: systemClock }),
    readSecret: async () => ({ kind: "read", data: { url: `${url}/` } }),
    ownNamespace: "sluice-system",
    clock,
    signal: new AbortController().signal,
  });
  return deliver(channel, message);
}

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const up = async (alertmanager: Alertmanager) => (await alertmanager.alerts()).map(({ labels }) => labels);
const LABELS = { alertname: "SluiceRollout", namespace: "shop", rollout: "checkout", run: "checkout-2" };

test("Alertmanager takes what is raised, keeps its beginning when it is sent again, and lets it go at its end", async () => {
  const alertmanager = await start(nobody);
  const paused = someMessage({ event: "Paused", severity: "Warning", at: ago(600_000) });
  expect(await sendTo(alertmanager, paused)).toEqual({ kind: "sent" });
  const [first] = await alertmanager.alerts();
  expect(first).toMatchObject({ labels: LABELS, annotations: { event: "Paused", severity: "warning" } });
  await until("a second has passed", () => Date.now() > Date.parse(first?.endsAt ?? "") - 3_600_000 + 1_100);
  await sendTo(alertmanager, paused);
  const [again] = await alertmanager.alerts();
  expect(again?.startsAt).toBe(first?.startsAt);
  expect(Date.parse(again?.endsAt ?? "")).toBeGreaterThan(Date.parse(first?.endsAt ?? ""));
  // As the lanes end it, since nothing of the kind is so any more.
  const end = holding(raisedBy(paused, 0), undefined, new Date().toISOString());
  expect(await sendTo(alertmanager, end?.message ?? paused)).toEqual({ kind: "sent" });
  await until("it is resolved", async () => (await up(alertmanager)).length === 0, { withinMs: 5_000 });
  const breach = someMessage({ key: "k2", at: new Date().toISOString() });
  expect(await sendTo(alertmanager, breach)).toEqual({ kind: "sent" });
  expect(await up(alertmanager)).toEqual([LABELS]);
  const promoted = someMessage({ key: "k3", event: "Promoted", severity: "Info", at: new Date().toISOString() });
  expect(await sendTo(alertmanager, promoted)).toEqual({ kind: "sent" });
  await until("it is resolved", async () => (await up(alertmanager)).length === 0, { withinMs: 5_000 });
});

test("an alert that nobody sends again is gone by itself", async () => {
  const alertmanager = await start(nobody);
  // Sent by a controller an hour ago, but for two seconds.
  const then: Clock = { ...systemClock, now: () => Date.now() - 3_598_000 };
  await sendTo(alertmanager, someMessage({ at: ago(3_600_000) }), then);
  expect(await up(alertmanager)).toEqual([LABELS]);
  await until("it is gone", async () => (await up(alertmanager)).length === 0, { withinMs: 10_000 });
});

test("an alert that fires reaches the run by the receiver of the documentation; Sluice's own does not", async () => {
  const house = await openKeptHouse();
  const asked: { body: string; answer: string }[] = [];
  const user = "system:serviceaccount:sluice-system:sluice";
  const token = "t0ken";
  const api = house.sim.as("sluice");
  const alerts = createAlerts({ api, log: silentLog, token: async () => token, user: async () => user });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const headers = { authorization: request.headers.authorization ?? "" };
      void alerts(new Request("http://sluice/alerts", { method: "POST", headers, body })).then(async (answer) => {
        const text = await answer.text();
        asked.push({ body, answer: text });
        response.writeHead(answer.status).end(text);
      });
    });
  });
  open.push(house.term, await listening(server));
  const page = readFileSync(new URL("../../docs/notifications.md", import.meta.url), "utf8");
  const written = /^receivers:\n(?: .*\n)+/m.exec(page)?.[0] ?? "";
  const [receiver] = (parse(written) as { receivers: { name: string; webhook_configs: object[] }[] }).receivers;
  const { port } = server.address() as AddressInfo;
  const webhook = {
    ...receiver?.webhook_configs[0],
    url: `http://127.0.0.1:${port}/alerts`,
    http_config: { authorization: { credentials: token } },
  };
  const alertmanager = await start({
    route: { receiver: "sluice", group_by: ["..."], group_wait: "0s", group_interval: "1s" },
    receivers: [{ ...receiver, webhook_configs: [webhook] }],
  });
  await house.ship("v2");
  await house.untilPhase("Observing");
  await sendTo(alertmanager, someMessage({ at: new Date().toISOString() }));
  await until("Sluice's own alert comes back", () => asked.length === 1);
  expect(asked[0]?.answer).toBe('{"done":[]}');
  const labels = { alertname: "BudgetBurn", namespace: "shop", rollout: "checkout" };
  const fired = await fetch(`${alertmanager.url}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([{ labels, annotations: { summary: "the budget burns" } }]),
  });
  expect(fired.status).toBe(200);
  await until("the alert comes", () => asked.length === 2);
  expect(asked[1]?.answer).toBe('{"done":["pause shop/checkout-1"]}');
  await house.untilPhase("Paused");
  expect(house.run()?.status.pause?.message).toContain("alert BudgetBurn fires: the budget burns");
});

async function listening(server: Server): Promise<{ stop(): Promise<void> }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
