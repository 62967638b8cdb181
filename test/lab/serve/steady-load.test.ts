import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { until } from "../wait.ts";
import { trafficText } from "./status.ts";
import { startSteadyLoad } from "./steady-load.ts";

test("every answer is counted once, across loads that take each other's place", async () => {
  await using stack = new AsyncDisposableStack();
  let served = 0;
  const server = createServer((_request, response) => {
    served++;
    response.writeHead(served % 2 === 0 ? 500 : 200, { "x-version": "v1" }).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const load = startSteadyLoad({ url, host: "shop", ratePerSecond: 500, mostAnswers: 20 });
  const counted = { requests: 0, failed: 0, v1: 0 };
  function count(): void {
    const { requests, failed, byVersion } = load.take();
    counted.requests += requests;
    counted.failed += failed;
    counted.v1 += byVersion["v1"] ?? 0;
  }
  await until("200 answers are counted", () => {
    count();
    return counted.requests >= 200;
  });
  await load[Symbol.asyncDispose]();
  count();
  expect(counted.requests).toBe(served);
  expect(counted.failed).toBe(Math.floor(served / 2));
  expect(counted.v1).toBe(served);
});

test("what users saw reads as one line", () => {
  const tally = { requests: 300, failed: 2, byVersion: { v2: 30, v1: 268, "": 2 } };
  expect(trafficText(tally, 3_000)).toBe("100 req/s, 2 failed, v1 89 %, v2 10 %");
});
