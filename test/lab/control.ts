import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { LabClient, type LabControl, type LabInfo } from "./client.ts";

/** Lets other processes on this machine do what LabControl can: POST /METHOD with a JSON array of its arguments. */
export async function serveControl(control: LabControl, port: number): Promise<Server> {
  const methods: Readonly<Record<string, (...args: never[]) => Promise<unknown>>> = {
    act: control.act,
    setReady: control.setReady,
    setBehaviour: control.setBehaviour,
    pods: control.pods,
  };
  const server = createServer((request, response) => {
    void (async () => {
      try {
        const method = methods[(request.url ?? "").slice(1)];
        if (method === undefined) throw new Error(`the lab cannot ${request.url}`);
        const result = await method(...(JSON.parse(await text(request)) as never[]));
        response.end(JSON.stringify({ result }));
      } catch (error) {
        response.statusCode = 500;
        response.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
      }
    })();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** The lab that another process holds, from the information that it published. */
export function connectLab(info: LabInfo): LabClient {
  async function call<T>(method: keyof LabControl, args: readonly unknown[]): Promise<T> {
    const response = await fetch(`${info.controlUrl}/${method}`, { method: "POST", body: JSON.stringify(args) });
    const answer = (await response.json()) as { result: T; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  }
  return new LabClient(info, {
    act: (...args) => call("act", args),
    setReady: (...args) => call("setReady", args),
    setBehaviour: (...args) => call("setBehaviour", args),
    pods: (...args) => call("pods", args),
  });
}
