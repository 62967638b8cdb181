import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseApiCall, WRITES } from "./api-call.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";

const route = "/apis/networking.istio.io/v1/namespaces/shop/virtualservices/checkout";
const watching = "/api/v1/namespaces/shop/pods?watch=true";

let server: Server;
let proxy: FaultProxy;
let seen: string[];
let watches: ServerResponse[];

beforeEach(async () => {
  [seen, watches] = [[], []];
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.headers.authorization ?? ""}`);
    response.writeHead(200, { "content-type": "application/json" });
    if (request.url?.includes("watch=true") === true) {
      response.flushHeaders();
      watches.push(response);
      return;
    }
    request.pipe(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  proxy = await startFaultProxy({ url: `http://127.0.0.1:${port}` });
});

afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

const patch = (path = route) =>
  fetch(`${proxy.url}${path}`, { method: "PATCH", body: "[1]", headers: { authorization: "Bearer t" } });

/** Opens a watch; `text` resolves with all that came, `broken` with whether it ended badly. */
async function open() {
  const response = await fetch(`${proxy.url}${watching}`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error("no body");
  const rest = async () => {
    let text = "";
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) text += next.value;
      return { text, broken: false };
    } catch {
      return { text, broken: true };
    }
  };
  return { next: async () => (await reader.read()).value, rest };
}

describe("calls", () => {
  test("go through as they are, with the caller's own credentials", async () => {
    expect(await (await patch()).text()).toBe("[1]");
    expect(seen).toEqual(["PATCH Bearer t"]);
  });

  test("are answered in the server's place, by verb and resource, until it is turned off", async () => {
    const calm = proxy.inject({
      fault: { kind: "answer", code: 429, retryAfterSeconds: 2 },
      verbs: WRITES,
      resources: ["virtualservices"],
      namespaces: ["shop"],
    });
    const refused = await patch();
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "2"]);
    expect(await refused.json()).toMatchObject({ kind: "Status", reason: "TooManyRequests", code: 429 });
    expect((await patch(route.replace("shop", "other"))).status).toBe(200);
    expect((await patch(`${route}/status`)).status).toBe(200);
    expect((await fetch(`${proxy.url}${route}`)).status).toBe(200);
    calm();
    expect((await patch()).status).toBe(200);
    expect(proxy.met()).toEqual({ "answer 429": 1 });
  });

  test("break before or after they were carried out", async () => {
    const off = proxy.inject({ fault: { kind: "resetBefore" } });
    await expect(patch()).rejects.toThrow("fetch failed");
    expect(seen).toHaveLength(0);
    off();
    proxy.inject({ fault: { kind: "resetAfter" } });
    await expect(patch()).rejects.toThrow("fetch failed");
    expect(seen).toHaveLength(1);
  });

  test("meet a fault by its fraction", async () => {
    const draws = [0.1, 0.9];
    await using drawn = await startFaultProxy({ url: proxy.url, random: () => draws.shift() ?? 1 });
    drawn.inject({ fault: { kind: "answer", code: 500 }, fraction: 0.5 });
    const codes = [await fetch(`${drawn.url}${route}`), await fetch(`${drawn.url}${route}`)].map(
      ({ status }) => status,
    );
    expect(codes).toEqual([500, 200]);
  });

  test("get nowhere while cut off", async () => {
    proxy.cutOff();
    await expect(patch()).rejects.toThrow("fetch failed");
    proxy.reconnect();
    expect((await patch()).status).toBe(200);
  });
});

describe("watches", () => {
  test("hand events on; an open one falls silent for good, and a new one speaks once that is over", async () => {
    const watch = await open();
    watches[0]?.write("one\n");
    expect(await watch.next()).toBe("one\n");
    const speak = proxy.inject({ fault: { kind: "silent" } });
    speak();
    watches[0]?.write("two\n");
    const another = await open();
    watches[1]?.write("three\n");
    expect(await another.next()).toBe("three\n");
    proxy.cutOff();
    expect(await watch.rest()).toEqual({ text: "", broken: true });
  });

  test("hang: not even headers come", async () => {
    proxy.inject({ fault: { kind: "hang" } });
    await expect(fetch(`${proxy.url}${watching}`, { signal: AbortSignal.timeout(50) })).rejects.toThrow("timeout");
    expect(watches).toHaveLength(0);
  });

  test("end with 410, also one that is open", async () => {
    const watch = await open();
    proxy.inject({ fault: { kind: "expired" } });
    const { text, broken } = await watch.rest();
    expect(broken).toBe(false);
    expect(JSON.parse(text)).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
  });

  test("are cut in the middle of an event", async () => {
    const watch = await open();
    proxy.inject({ fault: { kind: "cut" } });
    watches[0]?.write('{"type":"ADDED"}\n');
    expect(await watch.rest()).toEqual({ text: '{"type":', broken: true });
  });
});

test("a rule that cannot be met is refused", () => {
  expect(() => proxy.inject({ fault: { kind: "cut" }, verbs: ["get"] })).toThrow(/for watches only/);
  expect(() => proxy.inject({ fault: { kind: "hang" }, fraction: 20 })).toThrow(/from 0 to 1/);
});

test("requests are told apart as RBAC does", () => {
  const call = (method: string, url: string) => Object.values(parseApiCall(method, url)).join(" ");
  expect(call("GET", "/api/v1/pods?limit=5")).toBe("list pods ");
  expect(call("GET", "/api/v1/namespaces/shop")).toBe("get namespaces ");
  expect(call("GET", watching)).toBe("watch pods shop");
  expect(call("PATCH", "/apis/sluice.dev/v1alpha1/namespaces/shop/rolloutruns/r-1/status")).toBe(
    "patch rolloutruns/status shop",
  );
  expect(call("POST", "/apis/apps/v1/namespaces/shop/deployments")).toBe("create deployments shop");
  expect(call("GET", "/apis/apps/v1")).toBe("other  ");
});
