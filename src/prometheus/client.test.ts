import http from "node:http";
import type { AddressInfo } from "node:net";
import nock from "nock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPrometheusClient, type PrometheusClientOptions } from "./client.ts";

const url = "http://prometheus.test:9090";
const atMs = Date.UTC(2026, 0, 1);

beforeEach(() => {
  nock.disableNetConnect();
  nock.enableNetConnect("127.0.0.1");
});
afterEach(() => {
  nock.abortPendingRequests();
  nock.cleanAll();
  nock.enableNetConnect();
});

const client = (options: Partial<PrometheusClientOptions> = {}) => createPrometheusClient({ url, ...options });
const vector = (...result: object[]) => ({ status: "success", data: { resultType: "vector", result } });
const answer = (
  status: number,
  body: nock.Body,
  headers: Record<string, string> = { "content-type": "application/json" },
) => nock(url).post("/api/v1/query").reply(status, body, headers);

describe("an answer", () => {
  test("becomes samples with their labels and times", async () => {
    let asked = new URLSearchParams();
    nock(url)
      .post("/api/v1/query", (body: Record<string, string>) => {
        asked = new URLSearchParams(body);
        return true;
      })
      .reply(200, {
        ...vector(
          { metric: { __name__: "up", job: "a" }, value: [1_767_225_600.5, "3"] },
          { metric: {}, value: [1_767_225_600.5, "0.25"] },
        ),
        warnings: ["partial"],
      });
    expect(await client().query("up", atMs + 500)).toEqual({
      kind: "samples",
      samples: [
        { labels: { __name__: "up", job: "a" }, timeMs: atMs + 500, value: 3 },
        { labels: {}, timeMs: atMs + 500, value: 0.25 },
      ],
      warnings: ["partial"],
    });
    expect(Object.fromEntries(asked)).toEqual({ query: "up", time: "1767225600.5" });
  });

  test("to what time it is comes from the server's clock, which no time is sent along for", async () => {
    nock(url)
      .post("/api/v1/query", { query: "vector(time())" })
      .reply(200, vector({ metric: {}, value: [1_767_225_600.5, "1767225600.5"] }));
    expect(await client().now()).toEqual({ kind: "time", timeMs: atMs + 500 });
  });

  test("to what time it is without a time is no answer", async () => {
    answer(200, vector());
    expect(await client().now()).toMatchObject({ kind: "error" });
  });

  test("without a sample is no failure, and time 0 is not now", async () => {
    nock(url).post("/api/v1/query", { query: "up", time: "0" }).reply(200, vector());
    expect(await client().query("up", 0)).toEqual({ kind: "samples", samples: [], warnings: [] });
  });

  test.each(["NaN", "+Inf", "-Inf"])("of %s stays a sample that is not finite", async (value) => {
    answer(200, vector({ metric: {}, value: [1, value] }));
    const result = await client().query("up", atMs);
    expect(result).toMatchObject({ kind: "samples", samples: [{ timeMs: 1000 }] });
    expect(result.kind === "samples" && Number.isFinite(result.samples[0]?.value)).toBe(false);
  });

  test("with a native histogram leaves it out and says so", async () => {
    answer(
      200,
      vector(
        { metric: { a: "h" }, histogram: [1, { count: "3", sum: "4", buckets: [] }] },
        { metric: { a: "f" }, value: [1, "2"] },
      ),
    );
    expect(await client().query("up", atMs)).toMatchObject({
      samples: [{ labels: { a: "f" }, value: 2 }],
      warnings: ["1 native histograms were left out"],
    });
  });

  test("over a range becomes series", async () => {
    nock(url)
      .post("/prefix/api/v1/query_range", { query: "up", start: "1767225600", end: "1767225602", step: "2" })
      .reply(200, {
        status: "success",
        data: {
          resultType: "matrix",
          result: [
            {
              metric: { job: "a" },
              values: [
                [1_767_225_600, "1"],
                [1_767_225_602, "NaN"],
              ],
            },
          ],
        },
      });
    expect(await client({ url: `${url}/prefix/` }).queryRange("up", atMs, atMs + 2000, 2000)).toEqual({
      kind: "series",
      series: [
        {
          labels: { job: "a" },
          points: [
            { timeMs: atMs, value: 1 },
            { timeMs: atMs + 2000, value: Number.NaN },
          ],
        },
      ],
      warnings: [],
    });
  });
});

describe("a failure", () => {
  test.each<[string, number, nock.Body, Record<string, string>, string, RegExp]>([
    [
      "a login page",
      200,
      "<html><title>Sign in</title></html>",
      { "content-type": "text/html" },
      "notPrometheus",
      /a web page titled "Sign in"/,
    ],
    [
      "a redirect to a login",
      302,
      "",
      { location: "https://login.test/?token=abc" },
      "notPrometheus",
      /redirects \(HTTP 302\) to login\.test:/,
    ],
    ["another JSON", 200, { hello: 1 }, {}, "notPrometheus", /does not answer like a Prometheus/],
    ["nothing", 204, "", {}, "notPrometheus", /HTTP 204/],
    ["no such path", 404, "404 page not found", { "content-type": "text/plain" }, "notPrometheus", /path prefix/],
    [
      "a bad query",
      400,
      { status: "error", errorType: "bad_data", error: "parse error: unexpected )" },
      {},
      "badQuery",
      /parse error: unexpected \)/,
    ],
    [
      "a query that cannot run",
      422,
      { status: "error", errorType: "execution", error: "too many samples" },
      {},
      "badQuery",
      /too many samples/,
    ],
    [
      "the server's own timeout",
      503,
      { status: "error", errorType: "timeout", error: "query timed out" },
      {},
      "timeout",
      /gave up/,
    ],
    [
      "a scalar",
      200,
      { status: "success", data: { resultType: "scalar", result: [1, "42"] } },
      {},
      "badQuery",
      /another kind of result/,
    ],
    ["a value that is no text", 200, vector({ metric: {}, value: [1, 2] }), {}, "badQuery", /another kind/],
    ["no credentials", 401, "Unauthorized", {}, "http", /refuses access \(HTTP 401\)/],
    [
      "a proxy's error",
      503,
      "upstream connect error",
      { "content-type": "text/plain" },
      "http",
      /HTTP 503: upstream connect error/,
    ],
  ])("for %s", async (_, status, body, headers, reason, message) => {
    answer(status, body, headers);
    const result = await client().query("up", atMs);
    expect(result).toMatchObject({ kind: "error", reason });
    expect(result.kind === "error" && result.message).toMatch(message);
  });

  test("for a server that is down is unreachable", async () => {
    const server = http.createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await client({ url: `http://127.0.0.1:${port}` }).query("up", atMs)).toMatchObject({
      kind: "error",
      reason: "unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test.each(["ECONNRESET", "ENOTFOUND", "EAI_AGAIN"])("for %s is unreachable", async (code) => {
    nock(url)
      .post("/api/v1/query")
      .replyWithError(Object.assign(new Error(`read ${code}`), { code }));
    expect(await client().query("up", atMs)).toMatchObject({ kind: "error", reason: "unreachable" });
  });

  test("has no secret in its message, whatever the server repeats", async () => {
    const basicText = Buffer.from("ann:s3cret-pass").toString("base64");
    answer(400, { status: "error", errorType: "bad_data", error: `bad header Bearer tok-123` });
    answer(400, { status: "error", errorType: "bad_data", error: `bad header ${basicText} s3cret-pass` });
    const texts = [
      JSON.stringify(await client({ bearer: () => "tok-123\n" }).query("up", atMs)),
      JSON.stringify(await client({ url: "http://ann:s3cret-pass@prometheus.test:9090" }).query("up", atMs)),
    ].join();
    expect(texts).toContain("***");
    expect(texts).not.toMatch(new RegExp(`tok-123|s3cret-pass|${basicText}|ann:`));
  });

  test("to read the credentials names them", async () => {
    const bearer = () => Promise.reject(new Error("ENOENT: no such file, open '/token'"));
    expect(await client({ bearer }).query("up", atMs)).toMatchObject({
      reason: "http",
      message: expect.stringContaining("cannot be read: ENOENT"),
    });
  });

  test("of an address that is none is thrown at once", () => {
    expect(() => client({ url: "prometheus:9090" })).toThrow(TypeError);
    expect(() => client({ url: "nowhere" })).toThrow(/http or https address/);
  });
});

describe("credentials", () => {
  test("are sent as asked for, a token anew each time", async () => {
    for (const authorization of ["Bearer token-1", "Bearer token-2", "Basic YW5uOg=="]) {
      nock(url, { reqheaders: { authorization } }).post("/api/v1/query").reply(200, vector());
    }
    let turn = 0;
    const withToken = client({ bearer: () => `token-${++turn}` });
    const withBasic = client({ basic: { username: "ann", password: "" } });
    for (const asked of [withToken, withToken, withBasic])
      expect(await asked.query("up", atMs)).toMatchObject({ kind: "samples" });
    expect(nock.isDone()).toBe(true);
  });
});
