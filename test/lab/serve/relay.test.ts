import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort, startRelay } from "./relay.ts";

test("two relays that meet at a socket pass requests and answers of any size", async () => {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "relay-"));
  stack.defer(() => rm(dir, { recursive: true }));
  const far = createServer((request, response) => void request.pipe(response)).listen(0, "127.0.0.1");
  await once(far, "listening");
  const socket = join(dir, "door.sock");
  const inner = await startRelay({ path: socket }, { host: "127.0.0.1", port: (far.address() as AddressInfo).port });
  const outer = await startRelay({ host: "127.0.0.1", port: 0 }, { path: socket });
  for (const server of [far, inner, outer]) stack.defer(() => void server.close());
  stack.defer(() => far.closeAllConnections());
  const url = `http://127.0.0.1:${(outer.address() as AddressInfo).port}`;
  const body = "x".repeat(1_000_000);
  const response = await fetch(url, { method: "POST", body, headers: { connection: "close" } });
  expect(await response.text()).toBe(body);
});

test("a relay with nobody behind it closes the connection", async () => {
  const relay = await startRelay({ host: "127.0.0.1", port: 0 }, { path: join(tmpdir(), "nobody.sock") });
  const url = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`;
  await expect(fetch(url)).rejects.toThrow("fetch failed");
  relay.close();
});

test("a port that somebody has is given to nobody else", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(await freePort(port)).not.toBe(port);
  server.close();
});
