import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Behaviour } from "./behaviour.ts";

export interface PodServerOptions {
  readonly address: string;
  readonly ports: readonly number[];
  readonly headers: Readonly<Record<string, string>>;
  readonly random: () => number;
  /** Read at every request, since tests change it. */
  readonly behaviour: () => Behaviour;
  /** The sidecar's metrics, served on port 15020. */
  readonly metrics: () => string;
  onAnswered(headers: IncomingHttpHeaders, status: number, durationMs: number): void;
}

const sidecarPort = 15_020;

/** The sockets of one pod: its program's and its sidecar's. */
export class PodServer {
  readonly #options: PodServerOptions;
  readonly #program: Server[] = [];
  #sidecar: Server | undefined;

  constructor(options: PodServerOptions) {
    this.#options = options;
  }

  get listening(): boolean {
    return this.#program.length > 0;
  }

  async openSidecar(): Promise<void> {
    this.#sidecar = await listen(this.#options.address, sidecarPort, (_request, response) => {
      response.setHeader("content-type", "text/plain; version=0.0.4");
      response.end(this.#options.metrics());
    });
  }

  /** Begins to listen on the container's ports. */
  async open(): Promise<void> {
    if (this.listening) return;
    const handle = (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response);
    for (const port of this.#options.ports) this.#program.push(await listen(this.#options.address, port, handle));
  }

  /** Refuses new connections at once, lets answers under way end for up to `drainMs`. */
  async close(drainMs: number): Promise<void> {
    await Promise.all(this.#program.splice(0).map((server) => closeServer(server, drainMs)));
  }

  async closeSidecar(): Promise<void> {
    if (this.#sidecar !== undefined) await closeServer(this.#sidecar, 0);
    this.#sidecar = undefined;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { behaviour, random, headers, onAnswered } = this.#options;
    const startedAt = performance.now();
    const { errorFraction, latencyMs, slowFraction, slowMs } = behaviour();
    const status = random() < errorFraction ? 500 : 200;
    const delayMs = random() < slowFraction ? slowMs : latencyMs;
    request.resume();
    const answer = () => {
      response.writeHead(status, { "content-type": "text/plain", ...headers });
      response.end(status === 200 ? "ok\n" : "made to fail\n");
      onAnswered(request.headers, status, performance.now() - startedAt);
    };
    if (delayMs <= 0) answer();
    else setTimeout(answer, delayMs);
  }
}

function listen(
  address: string,
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  return new Promise((resolve, reject) => {
    // Node would close idle connections after 5 s, now and then in the very moment in which a proxy uses one again.
    const server = createServer({ keepAliveTimeout: 3_600_000 }, handle);
    server.once("error", reject);
    server.listen(port, address, 1_024, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

function closeServer(server: Server, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
