import { KubeConfig } from "@kubernetes/client-node";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came, with its answer left to the test. */
export interface FakeRequest {
  method: string;
  url: URL;
  headers: IncomingMessage["headers"];
  body: string;
  response: ServerResponse;
  /** Answers with JSON. */
  json(code: number, body: unknown, headers?: Record<string, string>): void;
  /** Answers with a Status, as the API server refuses. */
  status(code: number, reason: string, extra?: object, headers?: Record<string, string>): void;
  /** Opens a stream of watch events. */
  stream(): void;
  /** Sends one event, or raw bytes. */
  send(event: object | Uint8Array | string): void;
  /** Cuts the connection without an end. */
  reset(): void;
}

export interface FakeApiserver {
  kubeConfig: KubeConfig;
  /** Resolves with the next request that nobody has taken yet, in order of arrival. */
  next(): Promise<FakeRequest>;
  /** All requests so far. */
  readonly seen: readonly FakeRequest[];
  close(): Promise<void>;
}

/** An HTTP server on the loopback interface that does nothing by itself: a test takes each request and answers it, or does not. */
export async function startFakeApiserver(): Promise<FakeApiserver> {
  const seen: FakeRequest[] = [];
  const untaken: FakeRequest[] = [];
  const takers: ((request: FakeRequest) => void)[] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("error", () => {});
    message.on("end", () => {
      const request = fakeRequest(message, response, Buffer.concat(chunks).toString());
      seen.push(request);
      const taker = takers.shift();
      if (taker) taker(request);
      else untaken.push(request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const kubeConfig = new KubeConfig();
  const { port } = server.address() as AddressInfo;
  kubeConfig.loadFromClusterAndUser(
    { name: "fake", server: `http://127.0.0.1:${port}`, skipTLSVerify: false },
    { name: "tester", token: "s3cret\n" },
  );
  return {
    kubeConfig,
    seen,
    next() {
      const request = untaken.shift();
      return request ? Promise.resolve(request) : new Promise((resolve) => takers.push(resolve));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function fakeRequest(message: IncomingMessage, response: ServerResponse, body: string): FakeRequest {
  const json = (code: number, answer: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(code, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(answer));
  };
  return {
    method: message.method ?? "",
    url: new URL(message.url ?? "/", "http://fake"),
    headers: message.headers,
    body,
    response,
    json,
    status(code, reason, extra = {}, headers = {}) {
      json(
        code,
        { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: `no: ${reason}`, ...extra },
        headers,
      );
    },
    stream() {
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
    },
    send(event) {
      response.write(typeof event === "string" || event instanceof Uint8Array ? event : `${JSON.stringify(event)}\n`);
    },
    reset() {
      response.socket?.resetAndDestroy();
    },
  };
}
