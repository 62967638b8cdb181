import { describe, expect, test } from "vitest";
import { parseWatchLine, readLines } from "./watch-stream.ts";

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of from) all.push(item);
  return all;
}

describe("lines of a watch", () => {
  const text = '{"a":"Zürich – 東京 🚦"}\n\n{"b":1}\n';

  test.each([1, 2, 3, 5, 7, 1000])("come out whole when bytes arrive %i at a time", async (size) => {
    const lines = await collect(readLines(inPieces(new TextEncoder().encode(text), size)));
    expect(lines).toEqual(['{"a":"Zürich – 東京 🚦"}', '{"b":1}']);
  });

  test("a stream that ends within a line is a broken connection", async () => {
    const cut = new TextEncoder().encode('{"a":1}\n{"b"');
    await expect(collect(readLines(inPieces(cut, 4)))).rejects.toMatchObject({ code: 0, reason: "Network" });
  });
});

describe("a watch event", () => {
  test("keeps its object as it came", () => {
    const object = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", resourceVersion: "7" }, futureField: [1] };
    expect(parseWatchLine(JSON.stringify({ type: "MODIFIED", object }))).toEqual({ type: "MODIFIED", object });
  });

  test("may be a bookmark", () => {
    const line = '{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"12"}}}';
    expect(parseWatchLine(line)).toEqual({ type: "BOOKMARK", resourceVersion: "12" });
  });

  test("may be a refusal, as a Status", () => {
    const line = '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}';
    expect(parseWatchLine(line)).toEqual({ type: "ERROR", code: 410, reason: "Expired", message: "too old" });
  });

  test.each([
    "<html>",
    "null",
    '{"type":"ADDED"}',
    '{"type":"ADDED","object":{"metadata":{}}}',
    '{"type":"NEW","object":{"metadata":{"resourceVersion":"1"}}}',
  ])("is not %s", (line) => {
    expect(() => parseWatchLine(line)).toThrow(expect.objectContaining({ reason: "InvalidAnswer" }) as Error);
  });
});
