import { once } from "node:events";
import { connect, createServer, type ListenOptions, type Server, type Socket } from "node:net";

export type Address = { readonly path: string } | { readonly host: string; readonly port: number };

/**
 * Takes connections at one address and passes every byte on to another. A Unix socket is reached from every network namespace,
 * so two of these, one on each side, let people outside reach what listens inside.
 */
export async function startRelay(from: ListenOptions, to: Address): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (incoming) => {
    const outgoing = connect({ ...to, allowHalfOpen: true });
    pass(incoming, outgoing);
    pass(outgoing, incoming);
  });
  server.listen(from);
  await once(server, "listening");
  return server;
}

function pass(from: Socket, to: Socket): void {
  from.pipe(to);
  // Whatever broke, both sides must learn that it is over.
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroySoon());
}

/** `wanted` when nobody has it on loopback, else any that is free. */
export async function freePort(wanted: number): Promise<number> {
  for (const port of [wanted, 0]) {
    const server = createServer();
    try {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      if (typeof address === "object" && address !== null) return address.port;
    } catch {
      // Somebody has it.
    } finally {
      server.close();
    }
  }
  throw new Error("no port is free on 127.0.0.1");
}
