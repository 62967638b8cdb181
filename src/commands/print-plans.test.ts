import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Plan } from "../api/run.ts";
import { run } from "../cli.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-plan-"));
const example = join(import.meta.dirname, "..", "..", "examples", "rollout-windows.yaml");

async function type(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => (out += String(text)) !== "");
  vi.spyOn(process.stderr, "write").mockImplementation((text) => (err += String(text)) !== "");
  const code = await run(["plan", ...args]);
  vi.restoreAllMocks();
  return { code, out, err };
}

afterEach(() => vi.restoreAllMocks());

describe("sluice plan", () => {
  test("shows steps, exposure, the earliest finish with windows, and where values come from", async () => {
    const { code, out } = await type("-f", example, "--at", "2026-11-27T12:56Z", "--users", "5000");
    expect(code).toBe(0);
    expect(out).toMatch(/^Rollout checkout in namespace shop \(.*rollout-windows\.yaml:2\)/);
    expect(out).toMatch(/^first +10% +500 +2026-11-27T12:56Z +for 5m +- +default$/m);
    expect(out).toMatch(/^third +30% +1500 +2026-11-30T08:00Z \(waits .*\) +for 5m/m);
    expect(out).toMatch(/Every user on the new version, and it watched, at 2026-11-30T08:07Z at the earliest/);
    expect(out).toMatch(/^window friday-freeze +Deny "0 14 \* \* 5" for 64h, Europe\/Berlin, overrun Hold +Rollout$/m);
    expect(out).toMatch(/^objective errors +at most 2% fail; on a breach Rollback +default$/m);
  });

  test("gives the same to machines", async () => {
    const { out } = await type("-f", example, "--at", "2026-11-25T09:00Z", "-o", "json");
    const [plan] = JSON.parse(out) as { forecast: { promotedAt: string }; plan: Plan }[];
    expect(plan?.forecast.promotedAt).toBe("2026-11-25T09:12:00.000Z");
    expect(plan?.plan.origins).toMatchObject({ steps: "default", "analysis.objectives": "default" });
    expect(plan?.plan.windows.map(({ from }) => from)).toEqual(["Rollout", "Rollout"]);
  });

  test("names file, line and column of what is wrong", async () => {
    const file = join(folder, "bad.yaml");
    writeFileSync(
      file,
      "apiVersion: sluice.dev/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec:\n  workload: {nam: a}\n",
    );
    const { code, err } = await type("-f", file);
    expect(code).toBe(1);
    expect(err).toMatch(/bad\.yaml:5:\d+ spec\.workload/);
  });

  test("ends with 1 when the run would never finish, and with 2 when a file is not there", async () => {
    const file = join(folder, "never.yaml");
    const windows = "[{name: all, kind: Deny, schedule: '* * * * *', duration: 1h}]";
    const spec = `{workload: {name: a}, traffic: {istio: {virtualServices: [{name: a}]}}, windows: ${windows}}`;
    writeFileSync(file, `apiVersion: sluice.dev/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec: ${spec}\n`);
    const never = await type("-f", file);
    expect(never).toMatchObject({ code: 1, out: expect.stringContaining("Never finishes") });
    expect((await type("-f", join(folder, "none.yaml"))).code).toBe(2);
  });
});
