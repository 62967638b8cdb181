import { describe, expect, test } from "vitest";
import { ApiError } from "./errors.ts";
import { fenceWrites } from "./leader-fence.ts";
import type { KubeApi, KubeObject } from "./port.ts";
import { configMaps } from "./resources.ts";

const object: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "shop" } };

/** Writes that hang until their signal is aborted. */
function hanging() {
  const calls: string[] = [];
  const write =
    (name: string) =>
    (...args: unknown[]) => {
      calls.push(name);
      const { signal } = args.at(-1) as { signal: AbortSignal };
      return new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(new ApiError(0, "Aborted", "given up")), { once: true });
      });
    };
  const api = {
    get: async () => object,
    create: write("create"),
    replace: write("replace"),
    patch: write("patch"),
    delete: write("delete"),
  } as unknown as KubeApi;
  return { api, calls };
}

const writes: [string, (api: KubeApi, signal?: AbortSignal) => Promise<unknown>][] = [
  ["create", (api, signal) => api.create(configMaps, object, signal ? { signal } : {})],
  ["replace", (api, signal) => api.replace(configMaps, object, signal ? { signal } : {})],
  [
    "patch",
    (api, signal) => api.patch(configMaps, object.metadata, { type: "merge", patch: {} }, signal ? { signal } : {}),
  ],
  ["delete", (api, signal) => api.delete(configMaps, object.metadata, signal ? { signal } : {})],
];

describe.each(writes)("%s", (name, write) => {
  test("does not begin once leadership is lost", async () => {
    const { api, calls } = hanging();
    await expect(write(fenceWrites(api, AbortSignal.abort()))).rejects.toMatchObject({ code: 0, reason: "NotLeader" });
    expect(calls).toEqual([]);
  });

  test("does not begin once the term is over by the clock", async () => {
    const { api, calls } = hanging();
    const { signal } = new AbortController();
    await expect(write(fenceWrites(api, signal, () => true))).rejects.toMatchObject({ code: 0, reason: "NotLeader" });
    expect(calls).toEqual([]);
  });

  test("in flight ends with leadership", async () => {
    const { api, calls } = hanging();
    const term = new AbortController();
    const writing = write(fenceWrites(api, term.signal));
    term.abort();
    await expect(writing).rejects.toMatchObject({ reason: "NotLeader" });
    expect(calls).toEqual([name]);
  });

  test("still ends with its caller's own signal", async () => {
    const { api } = hanging();
    const caller = new AbortController();
    const writing = write(fenceWrites(api, new AbortController().signal), caller.signal);
    caller.abort();
    await expect(writing).rejects.toMatchObject({ reason: "Aborted" });
  });
});

test("reads go through for everybody", async () => {
  const { api } = hanging();
  expect(await fenceWrites(api, AbortSignal.abort()).get(configMaps, object.metadata)).toBe(object);
});
