import { afterEach, expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import { createHealth } from "./health.ts";
import { createMetrics } from "./metrics.ts";
import { type RunningServer, startServer } from "./server.ts";

const running: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function serving() {
  const health = createHealth({ clock: createManualClock() });
  const metrics = createMetrics({ version: "1.2.3" });
  const server = await startServer({ listen: { host: "127.0.0.1", port: 0 }, health, metrics });
  running.push(server);
  const get = (path: string) => fetch(`http://127.0.0.1:${server.address.port}${path}`);
  return { health, server, get };
}

test("probes answer 200 or 503, with the reasons as JSON", async () => {
  const { health, get } = await serving();
  expect((await get("/healthz")).status).toBe(200);
  const before = await get("/readyz");
  expect(before.status).toBe(503);
  expect(await before.json()).toMatchObject({ ok: false, reasons: ["the lease was not read yet"] });
  health.sawHolder("other");
  expect((await get("/readyz")).status).toBe(200);
});

test("metrics come in Prometheus's text format, those of the process too", async () => {
  const { get } = await serving();
  const answer = await get("/metrics");
  expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  const text = await answer.text();
  expect(text).toMatch(/^sluice_build_info\{version="1\.2\.3",node_version="[\d.]+"\} 1$/m);
  expect(text).toContain("process_cpu_seconds_total");
});

test("an unknown path says what there is", async () => {
  const { get } = await serving();
  const answer = await get("/");
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain("/metrics");
});

test("an address that is taken is an error, not a crash", async () => {
  const { server } = await serving();
  const health = createHealth({ clock: createManualClock() });
  const metrics = createMetrics({ version: "x", processMetrics: false });
  await expect(
    startServer({ listen: { host: "127.0.0.1", port: server.address.port }, health, metrics }),
  ).rejects.toThrow("EADDRINUSE");
});

test("alerts are taken where that is asked for, and nowhere else", async () => {
  const health = createHealth({ clock: createManualClock() });
  const metrics = createMetrics({ version: "x", processMetrics: false });
  const alerts = async (request: Request) => new Response(`got ${await request.text()}`, { status: 202 });
  const server = await startServer({ listen: { host: "127.0.0.1", port: 0 }, health, metrics, alerts });
  running.push(server);
  const answer = await fetch(`http://127.0.0.1:${server.address.port}/alerts`, { method: "POST", body: "it" });
  expect([answer.status, await answer.text()]).toEqual([202, "got it"]);
  const { server: other } = await serving();
  expect((await fetch(`http://127.0.0.1:${other.address.port}/alerts`, { method: "POST" })).status).toBe(404);
});
