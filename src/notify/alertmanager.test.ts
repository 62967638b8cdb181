import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { createManualClock } from "../manual-clock.ts";
import { channelSchema } from "../api/notifications.ts";
import { alertsOf } from "./alertmanager.ts";
import { createDeliver } from "./deliver.ts";
import { someMessage } from "./message.test-helper.ts";
import { createPost } from "./post.ts";
import { createReceiver, listen, type Received } from "./receiver.test-helper.ts";

interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt?: string;
  endsAt: string;
}

/** As Alertmanager's API v2 answers: 200 with nothing, or 400 with what is wrong (it wants a name, and no end before the start). */
function read({ path, headers, body }: Received) {
  if (headers["authorization"] !== "Bearer t0ken-of-alertmanager") return { status: 401, body: "Unauthorized" };
  if (path !== "/am/api/v2/alerts") return { status: 404, body: "" };
  const alerts = JSON.parse(body) as Alert[];
  const valid = alerts.every(({ labels, startsAt, endsAt }) => {
    const named = Object.entries(labels).every(([name, value]) => /^[a-zA-Z_]\w*$/.test(name) && value !== "");
    return named && "alertname" in labels && Date.parse(startsAt ?? endsAt) <= Date.parse(endsAt);
  });
  return valid ? { status: 200, body: "" } : { status: 400, body: "invalid alert" };
}

async function send(token: string | undefined, message = someMessage()) {
  const receiver = createReceiver(read);
  const server = await listen(receiver);
  const data = { url: `${server.url}/am/`, ...(token === undefined ? {} : { token }) };
  const deliver = createDeliver({
    post: createPost({ clock: systemClock, deadlineMs: 5_000 }),
    readSecret: async () => ({ kind: "read", data }),
    ownNamespace: "sluice-system",
    clock: createManualClock(Date.parse("2026-01-01T00:10:00Z")),
    signal: new AbortController().signal,
  });
  const channel = channelSchema.parse({ name: "am", alertmanager: { secretRef: { name: "sluice-alertmanager" } } });
  const outcome = await deliver(channel, message);
  await server.close();
  return { outcome, alerts: receiver.taken.flatMap(({ body }) => JSON.parse(body) as Alert[]) };
}

test("a breach raises the run's alert, with why and what to type", async () => {
  const { outcome, alerts } = await send("t0ken-of-alertmanager");
  expect(outcome).toEqual({ kind: "sent" });
  expect(alerts).toMatchObject([
    {
      labels: { alertname: "SluiceRollout", namespace: "shop", rollout: "checkout", run: "checkout-2" },
      annotations: { severity: "critical", event: "SLOBreached", command: "sluice get checkout -n shop" },
      startsAt: "2026-01-01T00:00:00.000Z",
      endsAt: "2026-01-01T01:10:00.000Z",
    },
  ]);
});

test("a good end resolves the alert that a pause had raised: the same labels, and an end", async () => {
  const [raised] = alertsOf(someMessage({ event: "Paused", severity: "Warning" }), "paused", 0) as Alert[];
  const promoted = someMessage({ event: "Promoted", severity: "Info", at: "2026-01-01T00:20:00.000Z" });
  const { outcome, alerts } = await send("t0ken-of-alertmanager", promoted);
  expect(outcome).toEqual({ kind: "sent" });
  expect(alerts[0]?.labels).toEqual(raised?.labels);
  expect(alerts[0]).not.toHaveProperty("startsAt");
  expect(alerts[0]?.endsAt).toBe("2026-01-01T00:20:00.000Z");
});

test("a wrong token is refused, and named nowhere", async () => {
  const { outcome } = await send("wr0ng-t0ken");
  expect(outcome).toMatchObject({ kind: "refused", why: expect.stringContaining("401") as string });
  expect(JSON.stringify(outcome)).not.toContain("wr0ng");
});
