import { expect, test } from "vitest";
import { createLog } from "./log.ts";

function logged(level: "info" | "warn", write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLog({ level, destination: { write: (line) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("an entry about a key of the queue carries the rollout", () => {
  const [entry] = logged("info", (log) => log.info({ key: "shop/checkout", tries: 2 }, "again"));
  expect(entry).toMatchObject({ level: "info", rollout: "shop/checkout", tries: 2, msg: "again" });
  expect(entry).not.toHaveProperty("key");
});

test("a child of one rollout says so on every line", () => {
  const [entry] = logged("info", (log) => log.child({ rollout: "shop/checkout" }).info({}, "hello"));
  expect(entry).toMatchObject({ rollout: "shop/checkout", msg: "hello" });
});

test("credentials are not written, wherever a library has put them", () => {
  const text = JSON.stringify(
    logged("info", (log) => {
      log.info({ token: "s3cret", headers: { authorization: "s3cret" } }, "a");
      const err = Object.assign(new Error("no"), { config: { headers: { Authorization: "Bearer s3cret" } } });
      log.info({ err }, "b");
    }),
  );
  expect(text).not.toContain("s3cret");
  expect(text).toContain("***");
});

test("what is below the level is left out", () => {
  expect(logged("warn", (log) => log.info({}, "quiet"))).toEqual([]);
});
