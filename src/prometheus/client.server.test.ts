import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createPrometheusClient, type PrometheusClient, type PrometheusClientOptions } from "./client.ts";

const releasers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const release of releasers.splice(0).reverse()) await release();
});

const empty = JSON.stringify({ status: "success", data: { resultType: "vector", result: [] } });

/** A real server that answers by `handler`, and a client of it. */
async function serve(
  handler: http.RequestListener,
  options: Partial<PrometheusClientOptions> = {},
): Promise<PrometheusClient> {
  const server = http.createServer(handler).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const client = createPrometheusClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...options,
  });
  releasers.push(async () => {
    client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return client;
}

describe("a slow server", () => {
  test("that never answers is a timeout", async () => {
    const client = await serve(() => {}, { deadlineMs: 40 });
    expect(await client.query("up", 0)).toMatchObject({
      kind: "error",
      reason: "timeout",
      message: expect.stringContaining("within 40 ms"),
    });
  });

  test("that keeps sending a little is a timeout too", async () => {
    const timers: NodeJS.Timeout[] = [];
    const client = await serve(
      (_, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        timers.push(setInterval(() => response.write(" "), 5));
      },
      { deadlineMs: 80 },
    );
    releasers.push(async () => timers.forEach(clearInterval));
    expect(await client.query("up", 0)).toMatchObject({ kind: "error", reason: "timeout" });
  });

  test("is given up when the caller gives up", async () => {
    const controller = new AbortController();
    const client = await serve(() => controller.abort());
    expect(await client.query("up", 0, controller.signal)).toMatchObject({
      kind: "error",
      reason: "timeout",
      message: expect.stringContaining("given up"),
    });
  });
});

test("an answer that is too large is a failure", async () => {
  const client = await serve((_, response) => response.end(empty + " ".repeat(5000)), { maxResponseBytes: 1000 });
  expect(await client.query("up", 0)).toMatchObject({
    kind: "error",
    reason: "http",
    message: expect.stringContaining("more than is read"),
  });
});

test("no more queries than the limit run at a time, over kept connections, and one that waits can be given up", async () => {
  const open: http.ServerResponse[] = [];
  const sockets = new Set<unknown>();
  let most = 0;
  let arrived = () => {};
  const client = await serve(
    (request, response) => {
      sockets.add(request.socket);
      open.push(response);
      most = Math.max(most, open.length);
      arrived();
    },
    { concurrency: 2 },
  );
  const next = () => new Promise<void>((resolve) => (arrived = resolve));
  const controller = new AbortController();
  let coming = next();
  const results = [0, 1, 2, 3, 4, 5].map((index) => client.query("up", 0, index === 5 ? controller.signal : undefined));
  controller.abort();
  expect(await results[5]).toMatchObject({ kind: "error", reason: "timeout" });
  for (let answered = 0; answered < 5; answered++) {
    while (open.length === 0) {
      await coming;
      coming = next();
    }
    open.shift()?.end(empty);
  }
  for (const result of await Promise.all(results.slice(0, 5))) expect(result.kind).toBe("samples");
  expect(most).toBeLessThanOrEqual(2);
  expect(sockets.size).toBeLessThanOrEqual(2);
});
