import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request as plainRequest, type ServerResponse } from "node:http";
import { Agent, request as tlsRequest } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { parseApiCall } from "./api-call.ts";
import { type Fault, type Rule, statusOf } from "./faults.ts";
import { createRules } from "./rules.ts";
import { forwardWatch } from "./watch.ts";

export interface FaultProxyOptions {
  /** The API server, as lab.info.apiserver.url. */
  readonly url: string;
  /** For https: PEM. */
  readonly ca?: string;
  /** From [0, 1): which requests of a fraction. @default Math.random */
  readonly random?: () => number;
}

/** A way to the API server that can be made to misbehave, also for connections that are open already. */
export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  /** Turns a fault on; gives what turns it off again. Where several match, the oldest that is drawn counts. */
  inject(rule: Rule): () => void;
  /** Turns all faults off. */
  clear(): void;
  /** Breaks every connection and takes no more, until `reconnect`. */
  cutOff(): void;
  reconnect(): void;
  /** How many requests met each kind of fault so far, as `{"answer 409": 12, slow: 3}`. */
  met(): Readonly<Record<string, number>>;
  /** A kubeconfig for a caller with this token, through the proxy. */
  writeKubeconfig(file: string, token: string): Promise<string>;
}

/**
 * Listens on a loopback port, in plain HTTP: the caller's own token is handed on, so it has its own rights and no others.
 *
 * @example
 * await using proxy = await startFaultProxy(lab.info.apiserver);
 * const calm = proxy.inject({ fault: { kind: "answer", code: 409 }, verbs: WRITES, fraction: 0.3 });
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const upstream = new URL(options.url);
  const secure = upstream.protocol === "https:";
  const agent = secure ? new Agent({ ca: options.ca, keepAlive: true }) : undefined;
  const rules = createRules(options.random ?? Math.random);
  let isCutOff = false;
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    if (isCutOff) socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = parseApiCall(request.method ?? "", request.url ?? "");
    const body = await bytesOf(request);
    const isWatch = call.verb === "watch";
    const watchFault = isWatch ? rules.meetOnce(call) : undefined;
    const fault = watchFault === undefined ? rules.meet(call) : watchFault();
    if (fault?.kind === "hang") return;
    if (fault?.kind === "resetBefore") {
      response.destroy();
      return;
    }
    if (fault?.kind === "answer") {
      refuse(response, fault);
      return;
    }
    if (fault?.kind === "slow") await delay(fault.ms);
    const answer = await send(request, body, response);
    if (fault?.kind === "resetAfter") {
      answer.resume();
      answer.once("end", () => response.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (watchFault !== undefined && answer.statusCode === 200) {
      response.flushHeaders();
      forwardWatch(answer, response, watchFault, rules.onChange);
      return;
    }
    answer.on("error", () => response.destroy());
    answer.pipe(response);
  }

  /** The API server's answer; the request ends with the caller's connection. */
  async function send(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<IncomingMessage> {
    const { method, url: path } = request;
    const headers = { ...request.headers, host: upstream.host, "content-length": String(body.length) };
    const { hostname, port } = upstream;
    const common = { hostname, port, method, path, headers };
    const outgoing = secure ? tlsRequest({ ...common, agent }) : plainRequest(common);
    response.once("close", () => outgoing.destroy());
    outgoing.end(body);
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    outgoing.on("error", () => response.destroy());
    return answer;
  }

  return {
    url,
    inject: rules.add,
    clear: rules.clear,
    cutOff() {
      isCutOff = true;
      server.closeAllConnections();
    },
    reconnect() {
      isCutOff = false;
    },
    met: rules.met,
    async writeKubeconfig(file, token) {
      const config = {
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "lab", cluster: { server: url } }],
        users: [{ name: "lab", user: { token } }],
        contexts: [{ name: "lab", context: { cluster: "lab", user: "lab" } }],
        "current-context": "lab",
      };
      await writeFile(file, JSON.stringify(config, null, 2), { mode: 0o600 });
      return file;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      agent?.destroy();
      await once(server, "close");
    },
  };
}

function refuse(response: ServerResponse, fault: Extract<Fault, { kind: "answer" }>): void {
  const { code, message, retryAfterSeconds } = fault;
  response.writeHead(code, {
    "content-type": "application/json",
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
  });
  response.end(JSON.stringify(statusOf(code, message)));
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
