import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import type { Health, HealthReport } from "./health.ts";
import type { Listen } from "./listen.ts";
import type { Metrics } from "./metrics.ts";

export interface ServerOptions {
  listen: Listen;
  health: Health;
  metrics: Metrics;
  /** Takes alerts; where it is absent there is no such path. */
  alerts?: (request: Request) => Promise<Response>;
}

export interface RunningServer {
  /** Where it listens: the port that was given to it when 0 was asked for. */
  readonly address: { host: string; port: number };
  /** Takes no more requests, lets those in hand end, and closes. */
  close(): Promise<void>;
}

/** Routes of the controller's own server, without a socket. */
export function createApp({ health, metrics, alerts }: Omit<ServerOptions, "listen">): Hono {
  const app = new Hono();
  const answer = (report: HealthReport) => Response.json(report, { status: report.ok ? 200 : 503 });
  app.get("/healthz", () => answer(health.alive()));
  app.get("/readyz", () => answer(health.ready()));
  app.get(
    "/metrics",
    async () => new Response(await metrics.text(), { headers: { "content-type": metrics.contentType } }),
  );
  if (alerts !== undefined) app.post("/alerts", (context) => alerts(context.req.raw));
  app.notFound((context) => context.json({ error: "there is nothing here; try /healthz, /readyz or /metrics" }, 404));
  return app;
}

/** Serves health and metrics, and takes alerts where that is asked for. Rejects when the address cannot be listened at. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port } = options.listen;
  // Node's own http server underneath: nothing here asks for TLS or HTTP/2.
  const server = createAdaptorServer({ fetch: createApp(options).fetch }) as Server;
  server.listen({ port, ...(host === undefined ? {} : { host }) });
  await once(server, "listening");
  const bound = server.address() as AddressInfo;
  return {
    address: { host: bound.address, port: bound.port },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}
