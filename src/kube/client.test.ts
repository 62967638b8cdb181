import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createManualClock, type ManualClock } from "../manual-clock.ts";
import { createKubeClient, type KubeClient, type RequestInfo } from "./client.ts";
import { type FakeApiserver, startFakeApiserver } from "./fake-apiserver.ts";
import type { KubeObject } from "./port.ts";
import { configMaps, deployments, namespaces } from "./resources.ts";

let server: FakeApiserver;
let clock: ManualClock;
let client: KubeClient;
let requests: RequestInfo[];

beforeEach(async () => {
  server = await startFakeApiserver();
  clock = createManualClock();
  requests = [];
  client = createKubeClient({ kubeConfig: server.kubeConfig, clock, onRequest: (info) => requests.push(info) });
});

afterEach(async () => {
  await client.close();
  await server.close();
});

const shop = { namespace: "shop", name: "checkout" };
const object = (name: string, resourceVersion = "1"): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "shop", resourceVersion },
});

describe("a call", () => {
  test("carries the token without its newline, and who asks", async () => {
    const answer = client.get(deployments, shop);
    const request = await server.next();
    request.json(200, { ...object("checkout"), kind: "Deployment", futureField: { kept: true } });
    expect(await answer).toMatchObject({ kind: "Deployment", futureField: { kept: true } });
    expect(request.url.pathname).toBe("/apis/apps/v1/namespaces/shop/deployments/checkout");
    expect(request.headers).toMatchObject({ authorization: "Bearer s3cret", "user-agent": "sluice" });
    expect(requests).toEqual([{ verb: "get", resource: "deployments.apps", code: 200, durationMs: 0 }]);
  });

  test("is refused with the server's own reason", async () => {
    const answer = client.get(deployments, shop);
    (await server.next()).status(403, "Forbidden");
    await expect(answer).rejects.toMatchObject({ code: 403, reason: "Forbidden", message: "no: Forbidden" });
  });

  test("says when to come back, from the header or the details", async () => {
    const first = client.get(deployments, shop);
    (await server.next()).status(429, "TooManyRequests", {}, { "retry-after": "3" });
    await expect(first).rejects.toMatchObject({ code: 429, retryAfterMs: 3_000 });
    const second = client.get(deployments, shop);
    (await server.next()).status(504, "Timeout", { details: { retryAfterSeconds: 7 } });
    await expect(second).rejects.toMatchObject({ code: 504, retryAfterMs: 7_000 });
  });

  test("ends after its timeout when nothing comes", async () => {
    const answer = client.get(deployments, shop);
    const refused = answer.catch((error: unknown) => error);
    await server.next();
    await clock.advance(15_000);
    expect(await refused).toMatchObject({ code: 0, reason: "Timeout" });
    expect(requests).toEqual([{ verb: "get", resource: "deployments.apps", code: 0, durationMs: 15_000 }]);
  });

  test("ends after its timeout when the answer starts and then hangs", async () => {
    const answer = client.get(deployments, shop);
    const refused = answer.catch((error: unknown) => error);
    const request = await server.next();
    request.stream();
    request.send('{"kind":"Depl');
    await clock.advanceUntil(() => requests.length > 0);
    expect(await refused).toMatchObject({ code: 0, reason: "Timeout" });
    expect(clock.pending()).toBe(0);
  });

  test("is broken by a reset in the middle of an object", async () => {
    const answer = client.get(deployments, shop);
    const refused = answer.catch((error: unknown) => error);
    const request = await server.next();
    request.stream();
    request.send('{"kind":"Depl');
    request.reset();
    expect(await refused).toMatchObject({ code: 0, reason: "Network" });
  });

  test("is given up with its caller", async () => {
    const abort = new AbortController();
    const answer = client.get(deployments, shop, { signal: abort.signal });
    await server.next();
    abort.abort();
    await expect(answer).rejects.toMatchObject({ code: 0, reason: "Aborted" });
    expect(clock.pending()).toBe(0);
  });

  test.each([200, 302, 404])("takes HTML with code %i for no answer at all", async (code) => {
    const answer = client.get(deployments, shop);
    const { response } = await server.next();
    response.writeHead(code, { "content-type": "text/html" }).end("<html>Please log in</html>");
    await expect(answer).rejects.toMatchObject({
      code: 0,
      reason: "InvalidAnswer",
      message: expect.stringContaining("Please log in"),
    });
  });

  test("keeps the code when a proxy answers 503 with HTML", async () => {
    const answer = client.get(deployments, shop);
    const { response } = await server.next();
    response.writeHead(503, { "content-type": "text/html", "retry-after": "1" }).end("<h1>no upstream</h1>");
    await expect(answer).rejects.toMatchObject({ code: 503, reason: "ServiceUnavailable", retryAfterMs: 1_000 });
  });

  test.each(["..", "a/b", "", "%2e%2e"])("never leaves its path for the name %j", async (name) => {
    await expect(client.get(deployments, { namespace: "shop", name })).rejects.toThrow(TypeError);
    expect(server.seen).toHaveLength(0);
  });
});

describe("writes", () => {
  test("say their manager, their dry run, their strictness, and when the server need not go on any more", async () => {
    const write = client.create(configMaps, object("c"), {
      fieldManager: "sluice",
      dryRun: true,
      fieldValidation: "Strict",
    });
    const request = await server.next();
    request.json(201, object("c"));
    await write;
    expect(request.method).toBe("POST");
    expect(Object.fromEntries(request.url.searchParams)).toEqual({
      fieldManager: "sluice",
      dryRun: "All",
      fieldValidation: "Strict",
      timeout: "15000ms",
    });
  });

  test.each([
    [
      { type: "json", operations: [{ op: "test", path: "/a", value: 1 }] },
      "application/json-patch+json",
      '[{"op":"test","path":"/a","value":1}]',
    ],
    [{ type: "merge", patch: { spec: { a: null } } }, "application/merge-patch+json", '{"spec":{"a":null}}'],
    [{ type: "apply", object: { a: 1 }, force: true }, "application/apply-patch+yaml", '{"a":1}'],
  ] as const)("send a %j as what it is", async (body, contentType, sent) => {
    const write = client.patch(deployments, shop, body, { subresource: "status" });
    const request = await server.next();
    request.json(200, object("checkout"));
    await write;
    expect(request.headers["content-type"]).toBe(contentType);
    expect(request.body).toBe(sent);
    expect(request.url.pathname).toBe("/apis/apps/v1/namespaces/shop/deployments/checkout/status");
    expect(request.url.searchParams.get("force")).toBe(body.type === "apply" ? "true" : null);
  });

  test("delete with preconditions", async () => {
    const write = client.delete(
      namespaces,
      { name: "shop" },
      { propagationPolicy: "Orphan", preconditions: { uid: "u" } },
    );
    const request = await server.next();
    request.json(200, { kind: "Status", status: "Success" });
    await write;
    expect(JSON.parse(request.body)).toMatchObject({ propagationPolicy: "Orphan", preconditions: { uid: "u" } });
  });
});

describe("a list", () => {
  test("is one page, whose items know their kind", async () => {
    const answer = client.list(configMaps, { namespace: "shop", limit: 2, continueToken: "abc", labelSelector: "a=b" });
    const request = await server.next();
    const items = [{ metadata: { name: "a" } }];
    request.json(200, {
      kind: "ConfigMapList",
      apiVersion: "v1",
      metadata: { resourceVersion: "9", continue: "def" },
      items,
    });
    expect(await answer).toEqual({
      items: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }],
      resourceVersion: "9",
      continueToken: "def",
    });
    expect(request.url.search).toBe("?labelSelector=a%3Db&limit=2&continue=abc");
  });
});

describe("discovery", () => {
  test("puts the preferred version first and leaves subresources out", async () => {
    const answer = client.discover("networking.istio.io");
    (await server.next()).json(200, {
      versions: [{ version: "v1beta1" }, { version: "v1" }],
      preferredVersion: { version: "v1" },
    });
    for (let served = 0; served < 2; served++) {
      const request = await server.next();
      const resources = [
        { name: "virtualservices", kind: "VirtualService", namespaced: true },
        { name: "virtualservices/status", kind: "VirtualService", namespaced: true },
      ];
      request.json(200, { groupVersion: request.url.pathname.slice("/apis/".length), resources });
    }
    const found = await answer;
    expect(found.map(({ version, plural }) => `${version} ${plural}`)).toEqual([
      "v1 virtualservices",
      "v1beta1 virtualservices",
    ]);
  });

  test("of an unknown group is empty", async () => {
    const answer = client.discover("nobody.example");
    const { response } = await server.next();
    response.writeHead(404, { "content-type": "text/plain" }).end("404 page not found\n");
    expect(await answer).toEqual([]);
  });
});

test("plain http is refused anywhere but on this machine", () => {
  const far = server.kubeConfig;
  far.loadFromClusterAndUser({ name: "far", server: "http://10.0.0.1:8080", skipTLSVerify: true }, { name: "u" });
  expect(() => createKubeClient({ kubeConfig: far, clock })).toThrow("only https");
});
