import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { channelSchema, NOTIFICATION_EVENTS } from "../api/notifications.ts";
import { createDeliver } from "./deliver.ts";
import { someMessage } from "./message.test-helper.ts";
import { createPost } from "./post.ts";
import { createReceiver, listen, type Received } from "./receiver.test-helper.ts";
import { cloudEvent } from "./webhook.ts";

const KEY = "a shared key of some length";

/** As a receiver of CloudEvents does it: the signature first, then the envelope (spec 1.0.2, the attributes that it requires). */
function read({ headers, body, json }: Received) {
  if (headers["x-signature"] !== `sha256=${createHmac("sha256", KEY).update(body).digest("hex")}`)
    return { status: 401, body: "" };
  if (headers["content-type"] !== "application/cloudevents+json; charset=UTF-8") return { status: 415, body: "" };
  const complete = ["id", "source", "specversion", "type"].every(
    (name) => typeof json[name] === "string" && json[name] !== "",
  );
  return complete && json["specversion"] === "1.0" ? { status: 202, body: "" } : { status: 400, body: "no CloudEvent" };
}

async function sendWith(data: Record<string, string>) {
  const receiver = createReceiver(read);
  const server = await listen(receiver);
  const deliver = createDeliver({
    post: createPost({ clock: systemClock, deadlineMs: 5_000 }),
    readSecret: async () => ({ kind: "read", data: { url: `${server.url}/hook`, ...data } }),
    ownNamespace: "sluice-system",
    clock: systemClock,
    signal: new AbortController().signal,
  });
  const webhook = { secretRef: { name: "sluice-webhook" } };
  const outcome = await deliver(channelSchema.parse({ name: "bus", webhook }), someMessage());
  await server.close();
  return { outcome, receiver };
}

test("a receiver that knows the key takes the CloudEvent", async () => {
  const { outcome, receiver } = await sendWith({ signingKey: `${KEY}\n` });
  expect(outcome).toEqual({ kind: "sent" });
  expect(receiver.taken[0]?.json).toMatchObject({
    id: "uid-2.k1.observing.withdrawing.breachrollback",
    source: "/namespaces/shop/rollouts/checkout",
    type: "sluice.dev.rollout.slo.breached.v1",
    subject: "checkout-2",
    time: "2026-01-01T00:00:00.000Z",
    data: {
      event: "SLOBreached",
      rollout: "checkout",
      weightPercent: 10,
      objectives: [{ name: "errors", verdict: "breach" }],
    },
  });
});

test("a receiver with another key refuses, and the answer names no key", async () => {
  const { outcome } = await sendWith({ signingKey: "another" });
  expect(outcome).toMatchObject({ kind: "refused", why: expect.stringContaining("401") as string });
  expect(JSON.stringify(outcome)).not.toContain("another");
});

test("without a key the event goes unsigned", async () => {
  const { receiver } = await sendWith({});
  expect(receiver.asked[0]?.headers).not.toHaveProperty("x-signature");
});

test("every event has a type of its own", () => {
  const types = NOTIFICATION_EVENTS.map((event) => (cloudEvent(someMessage({ event }), "") as { type: string }).type);
  expect(new Set(types).size).toBe(NOTIFICATION_EVENTS.length);
});
