import { expect, test } from "vitest";
import { createReceiver, listen } from "../../src/notify/receiver.test-helper.ts";
import { BOT_TOKEN, CHANNEL_ID, createWorkspace } from "../../src/notify/slack-workspace.test-helper.ts";
import { startAlertmanager } from "../lab/alertmanager.ts";
import { until } from "../lab/wait.ts";
import { createScene, type Scene } from "./scene.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab({ controller: false });

const secret = (name: string, stringData: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: "sluice-system" },
  stringData,
});

const channels = [
  { name: "team", slackBot: { secretRef: { name: "sluice-slack" }, channel: CHANNEL_ID } },
  { name: "alerts", alertmanager: { secretRef: { name: "sluice-alertmanager" } } },
];

const records = (scene: Scene) => scene.runs.find(1)?.status?.notified ?? [];

test("a bad release is one message in Slack, with its numbers in the thread, and an alert until Git has the old version again; also when the controller is killed", async (at) => {
  const workspace = createWorkspace();
  const slack = await listen(createReceiver((received) => workspace.read(received)));
  const nobody = { route: { receiver: "nobody" }, receivers: [{ name: "nobody" }] };
  const alertmanager = await startAlertmanager(JSON.stringify(nobody));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => slack.close());
  stack.defer(() => alertmanager.stop());
  await shared.lab.admin.apply(secret("sluice-slack", { token: BOT_TOKEN, apiUrl: `${slack.url}/api` }));
  await shared.lab.admin.apply(secret("sluice-alertmanager", { url: alertmanager.url }));
  await using scene = await createScene(shared.lab, {
    onTestFailed: at.onTestFailed,
    spec: { notifications: { channels } },
  });
  const { shop, runs } = scene;
  const title = (text: string) => `${shop.name} (${shop.namespace}): ${text}`;
  const up = async () =>
    (await alertmanager.alerts()).map(({ labels, annotations }) => [labels["run"], annotations["event"]]);

  await shop.setImage("shop/checkout:v2-errors50");
  await until("the message is on record", () =>
    records(scene).some(({ ts, key }) => ts !== undefined && key !== undefined),
  );
  await scene.sluice.kill();
  await scene.sluice.start();
  await runs.waitFor(1, "RolledBack");
  await until(
    "its end is told",
    () => workspace.roots()[0]?.text === title("rolled back: every user is on the old version"),
  );
  const [root] = workspace.roots();
  await until("its end is in the thread", () =>
    workspace.repliesTo(root?.ts).some(({ text }) => text === title("rolled back: every user is on the old version")),
  );
  expect(workspace.roots()).toHaveLength(1);
  const replies = workspace.repliesTo(root?.ts);
  const breach = replies.find(({ text }) => text === title("users were hurt: they are taken off the new version"));
  expect(JSON.stringify(breach)).toMatch(/\d+ of \d+ requests \([\d.]+ %\) failed, over the limit of 2 %/);
  expect(breach?.broadcast).toBe(true);
  await until("its end is on record", () => records(scene).every(({ key }) => key?.includes("rolledback") === true));
  expect(records(scene).find(({ channel }) => channel === "team")?.ts).toBe(root?.ts);

  expect(await up()).toEqual([[`${shop.name}-1`, "RolledBack"]]);
  await shop.setImage("shop/checkout:v1");
  await runs.waitForRollout("Healthy");
  await until("the alert is resolved", async () => (await up()).length === 0);
  expect(scene.sluice.logOf("", 10_000)).not.toContain(BOT_TOKEN);
  expect(scene.sluice.refusals()).toEqual([]);
});
