import { Agent, request } from "undici";
import type { Admin } from "./admin.ts";
import { follow } from "./follow.ts";
import { RequestLog } from "./request-log.ts";
import { until } from "./wait.ts";

export interface OutsideCallerOptions {
  readonly namespace: string;
  readonly service: string;
  /** @default 10 */
  readonly ratePerSecond?: number;
}

interface EndpointSlice {
  endpoints?: { addresses: string[]; conditions?: { ready?: boolean } }[];
  ports?: { name?: string; port: number }[];
}

export interface OutsideCaller extends AsyncDisposable {
  readonly log: RequestLog;
  stop(): Promise<RequestLog>;
}

/**
 * A caller that the mesh knows nothing of. It dials the addresses in a Service's EndpointSlices itself, each in turn, as
 * kube-proxy would have it: no VirtualService has any say in what it meets. Resolves when there is an endpoint.
 */
export async function startOutsideCaller(admin: Admin, options: OutsideCallerOptions): Promise<OutsideCaller> {
  const { namespace, service, ratePerSecond = 10 } = options;
  const slices = new Map<string, EndpointSlice>();
  const stopping = new AbortController();
  const agent = new Agent({ allowH2: false });
  const log = new RequestLog();
  const pending = new Set<Promise<void>>();
  let turn = 0;

  await follow(
    admin,
    { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", namespace },
    {
      onUpsert(slice) {
        if (slice.metadata.labels?.["kubernetes.io/service-name"] === service) {
          slices.set(slice.metadata.name, slice as EndpointSlice);
        }
      },
      onDelete: (slice) => void slices.delete(slice.metadata.name),
    },
    stopping.signal,
  );
  await until(`${namespace}/${service} has an endpoint`, () => addresses().length > 0);
  const timer = setInterval(() => {
    const one = call().finally(() => pending.delete(one));
    pending.add(one);
  }, 1_000 / ratePerSecond);

  function addresses(): string[] {
    return [...slices.values()].flatMap(({ endpoints, ports }) =>
      (endpoints ?? [])
        .filter(({ conditions }) => conditions?.ready !== false)
        .flatMap((endpoint) => endpoint.addresses.map((address) => `${address}:${ports?.[0]?.port}`)),
    );
  }

  async function call(): Promise<void> {
    const sentAtMs = Date.now();
    const known = addresses();
    const address = known[turn++ % Math.max(1, known.length)];
    const failed = (error: string) =>
      log.add({ sentAtMs, doneAtMs: Date.now(), status: 0, version: "", pod: "", error });
    if (address === undefined) return failed("the service has no ready endpoint");
    try {
      const { statusCode, headers, body } = await request(`http://${address}/`, {
        dispatcher: agent,
        headers: { host: `${service}.${namespace}` },
        signal: AbortSignal.timeout(10_000),
      });
      await body.dump();
      const [version, pod] = [String(headers["x-version"] ?? ""), String(headers["x-pod"] ?? "")];
      log.add({ sentAtMs, doneAtMs: Date.now(), status: statusCode, version, pod });
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error));
    }
  }

  async function stop(): Promise<RequestLog> {
    clearInterval(timer);
    stopping.abort();
    await Promise.all(pending);
    await agent.destroy();
    return log;
  }

  let stopped: Promise<RequestLog> | undefined;
  const stopOnce = () => (stopped ??= stop());
  return {
    log,
    stop: stopOnce,
    async [Symbol.asyncDispose]() {
      await stopOnce();
    },
  };
}
