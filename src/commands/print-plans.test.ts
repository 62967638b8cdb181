import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Plan } from "../api/run.ts";
import { run } from "../cli.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-plan-"));
const root = join(import.meta.dirname, "..", "..");
const example = join(root, "examples", "rollout-windows.yaml");

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

  test.each(["5", "2026-02-30T09:00Z", "2026-11-27", "2026-11-27T16:30", "2026-11-27T25:00Z", "tomorrow", ""])(
    "refuses --at %j",
    async (at) => {
      const { code, out, err } = await type("-f", example, "--at", at);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toContain("Expected a time as RFC 3339 has it, with its zone");
    },
  );

  test("takes a time of another zone, and with seconds", async () => {
    const { out } = await type("-f", example, "--at", "2026-11-27T13:56:00.5+01:00");
    expect(out).toMatch(/^first +10% +2026-11-27T12:56Z/m);
  });

  test("says which file is not there, and reads those of a folder", async () => {
    expect(await type("-f", join(folder, "none.yaml"))).toEqual({
      code: 2,
      out: "",
      err: expect.stringContaining(`-f ${join(folder, "none.yaml")}: there is no such file or folder`) as unknown,
    });
    expect((await type("-f", join(root, "examples"))).out).toMatch(/rollout-windows\.yaml:2\)/);
  });

  test("gives the same to machines", async () => {
    const { out } = await type("-f", example, "--at", "2026-11-25T09:00Z", "-o", "json");
    const [plan] = JSON.parse(out) as { forecast: { promotedAt: string }; plan: Plan }[];
    expect(plan?.forecast.promotedAt).toBe("2026-11-25T09:12:00.000Z");
    expect(plan?.plan.origins).toMatchObject({ steps: "default", "analysis.objectives": "default" });
    expect(plan?.plan.windows.map(({ from }) => from)).toEqual(["Rollout", "Rollout"]);
  });

  test("prints for the policies of docs/policies.md what that page shows", async () => {
    const page = readFileSync(join(root, "docs", "policies.md"), "utf8");
    const [, command = "", shown = ""] = /^```\nsluice plan (.*)\n```\n\n```text\n(.*?)```$/ms.exec(page) ?? [];
    expect(shown).toMatch(/^limited +1%/m);
    const words = command.split(" ").map((word) => (word.startsWith("examples/") ? join(root, word) : word));
    const { code, out } = await type(...words);
    expect(code).toBe(0);
    expect(out.replaceAll(`${root}/`, "").startsWith(shown)).toBe(true);
    expect(out).toMatch(/^window holidays .*ClusterRolloutPolicy\/freeze$/m);
    expect(out).toMatch(/^objective errors +at most 1% fail; .*ClusterRolloutPolicy\/critical \(limit\)$/m);
    expect(out).toMatch(/^channel releases +slack +RolloutPolicy\/shop$/m);
    expect(out).toMatch(/^keepPrevious +10m +default$/m);
  });

  test("says when it cannot know which policies there are", async () => {
    const policies = readFileSync(join(root, "examples", "policies.yaml"), "utf8");
    const file = join(folder, "policies.yaml");
    writeFileSync(file, policies.replace(/---\napiVersion: v1\nkind: Namespace.*$/s, ""));
    const { out } = await type("-f", join(root, "examples", "rollout.yaml"), "-f", file);
    expect(out).toMatch(/^Policies, .*: ClusterRolloutPolicy\/freeze, RolloutPolicy\/shop$/m);
    expect(out).toMatch(/^Namespace shop is not in the files/m);
    const rollout = readFileSync(join(root, "examples", "rollout.yaml"), "utf8");
    writeFileSync(join(folder, "named.yaml"), `${rollout}  policyRef: {name: careful}\n`);
    const named = await type("-f", join(folder, "named.yaml"), "-f", file);
    expect(named.code).toBe(1);
    expect(named.err).toMatch(/named\.yaml:9:3 spec\.policyRef: there is no RolloutPolicy "careful" in namespace shop/);
    expect(named.err).toContain("-f takes several");
  });

  test("names the place in a policy that is wrong", async () => {
    const file = join(folder, "bad-policy.yaml");
    writeFileSync(
      file,
      "apiVersion: sluice.dev/v1alpha1\nkind: ClusterRolloutPolicy\nmetadata: {name: a}\nspec:\n  limits:\n    minObserve: 10\n",
    );
    const { code, err } = await type("-f", example, "-f", file);
    expect(code).toBe(1);
    expect(err).toMatch(/bad-policy\.yaml:6:5 spec\.limits\.minObserve: expected a duration/);
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
