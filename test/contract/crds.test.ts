import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { allCrds } from "../../src/api/crd/kinds.ts";
import { parseRun } from "../../src/api/validate.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import { AdminError } from "../lab/admin.ts";
import type { LabClient, LabInfo } from "../lab/client.ts";
import { connectLab } from "../lab/control.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { applyCrds } from "../lab/seed.ts";
import { badCases } from "./bad-rollouts.ts";
import { goodCases, lateCases } from "./good-rollouts.ts";
import { rollout, twoLines } from "./manifests.ts";
import { badPolicies, goodPolicies, latePolicies, policy } from "./policies.ts";
import { fullStatus, run, runSpec } from "./runs.ts";

const namespace = "crd-contract";
const apiVersion = "sluice.dev/v1alpha1";
let lab: LabClient;
let own: Lab | undefined;

beforeAll(async () => {
  const shared = inject("lab") as LabInfo | undefined;
  own = shared === undefined ? await startLab({ workloads: false, mesh: false, prometheus: false }) : undefined;
  lab = own ?? connectLab(shared as LabInfo);
  await lab.admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await applyCrds(lab.admin, allCrds() as unknown as KubeObject[]);
}, 60_000);

afterAll(async () => {
  await (own?.stop() ?? lab.close());
});

type Fields = Record<string, unknown>;
interface Stored extends KubeObject {
  spec: Fields & { commands?: Fields[]; steps?: Fields[] };
  status?: Fields;
}

async function create(object: KubeObject, query: Record<string, string> = {}): Promise<Stored> {
  const scope = object.metadata.namespace === undefined ? {} : { namespace };
  const path = await lab.admin.path({ apiVersion, kind: object.kind, ...scope });
  return await lab.admin.call("POST", path, { body: object, query: { fieldValidation: "Strict", ...query } });
}

async function refusal(writing: Promise<unknown>): Promise<string> {
  return await writing.then(
    () => "it was taken",
    (error: unknown) => (error instanceof AdminError ? error.message : String(error)),
  );
}

const dryRun = { dryRun: "All" };
const ref = (kind: string, name: string) => ({ apiVersion, kind, namespace, name });

describe("a Rollout is taken:", () => {
  test.each([...goodCases, ...lateCases])("$name", async ({ spec }) => {
    await expect(create(rollout(spec, "good", namespace), dryRun)).resolves.toMatchObject({ kind: "Rollout" });
  });
});

test.each(["rollout.yaml", "rollout-full.yaml"])("the Rollout of examples/%s is taken", async (file) => {
  const text = readFileSync(join(import.meta.dirname, "..", "..", "examples", file), "utf8");
  const example = parse(text) as KubeObject;
  await expect(create({ ...example, metadata: { ...example.metadata, namespace } }, dryRun)).resolves.toMatchObject({
    kind: "Rollout",
  });
});

test("the policies of examples/policies.yaml are taken", async () => {
  const text = readFileSync(join(import.meta.dirname, "..", "..", "examples", "policies.yaml"), "utf8");
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
  const policies = objects.filter(({ kind }) => kind !== "Namespace");
  expect(policies.map(({ kind }) => kind)).toEqual(["ClusterRolloutPolicy", "ClusterRolloutPolicy", "RolloutPolicy"]);
  for (const object of policies) {
    const metadata = object.metadata.namespace === undefined ? object.metadata : { ...object.metadata, namespace };
    await expect(create({ ...object, metadata }, dryRun)).resolves.toMatchObject({ kind: object.kind });
  }
});

describe("a Rollout is refused, and the message names the field:", () => {
  test.each(badCases)("$name", async ({ spec, path, says, server }) => {
    const message = await refusal(create(rollout(spec, "bad", namespace), dryRun));
    expect(message).toContain(server?.path ?? path);
    expect(message).toMatch(server?.says ?? says);
    // A rule that fails to be evaluated says nothing to the person who reads it.
    expect(message).not.toMatch(/evaluating|no such overload|no such key|compile/);
  });

  test("a name that is too long", async () => {
    expect(await refusal(create(rollout({}, "x".repeat(53), namespace), dryRun))).toMatch(/metadata.name.*Too long/);
  });
});

describe("a policy is taken:", () => {
  test.each([...goodPolicies, ...latePolicies])("$kind: $name", async ({ kind, spec }) => {
    await expect(create(policy(kind, spec, "good", namespace), dryRun)).resolves.toMatchObject({ kind });
  });
});

describe("a policy is refused, and the message names the field:", () => {
  test.each(badPolicies)("$kind: $name", async ({ kind, spec, path, says, server }) => {
    const message = await refusal(create(policy(kind, spec, "bad", namespace), dryRun));
    expect(message).toContain(server?.path ?? path);
    expect(message).toMatch(server?.says ?? says);
    expect(message).not.toMatch(/evaluating|no such overload|no such key|compile/);
  });
});

test("a policy is stored as it is written, with defaults in the items of its lists only", async () => {
  const spec = { namespaceSelector: {}, steps: [{ name: "a", weight: 1 }], analysis: { minRequests: 7 } };
  await create(policy("ClusterRolloutPolicy", spec, "stored", namespace));
  const stored = await lab.admin.get({ apiVersion, kind: "ClusterRolloutPolicy", name: "stored" });
  expect(stored["spec"]).toEqual({ ...spec, steps: [{ name: "a", weight: 1, observe: "5m" }] });
});

test("the two-line Rollout gets a status that nobody has written yet, and no default that a policy could give", async () => {
  await create(rollout({}, "defaults", namespace));
  const stored = await lab.admin.get(ref("Rollout", "defaults"));
  expect(stored["spec"]).toEqual({
    workload: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" },
    traffic: { istio: { virtualServices: [{ name: "checkout" }], subsets: { stable: "stable", canary: "canary" } } },
    suspend: false,
    historyLimit: 10,
  });
  expect(stored["status"]).toMatchObject({ observedGeneration: -1, phase: "" });
});

test("the first observe that is too short is named by its index", async () => {
  const steps = [
    { name: "a", weight: 1 },
    { name: "b", weight: 2, observe: "1s" },
    { name: "c", weight: 3, observe: "2s" },
  ];
  const message = await refusal(create(rollout({ steps, analysis: { interval: "10s" } }, "short", namespace), dryRun));
  expect(message).toContain("spec.steps[1].observe must not be shorter than spec.analysis.interval");
});

test("a status written through its subresource leaves the generation alone; a spec does not", async () => {
  const created = await create(rollout({}, "generation", namespace));
  expect(created.metadata.generation).toBe(1);
  const status = { observedGeneration: 1, phase: "Promoted", weight: 0.5 };
  const subresource = { ...ref("Rollout", "generation"), subresource: "status" };
  const written = await lab.admin.mergePatch(subresource, { status, spec: { suspend: true } });
  expect(written).toMatchObject({ metadata: { generation: 1 }, status, spec: { suspend: false } });
  const changed = await lab.admin.mergePatch(ref("Rollout", "generation"), {
    spec: { suspend: true },
    status: { phase: "x" },
  });
  expect(changed).toMatchObject({ metadata: { generation: 2 }, status: { phase: "Promoted" } });
});

test("two people's server-side applies each keep the steps of the other", async () => {
  const steps = [
    { name: "a", weight: 10 },
    { name: "b", weight: 20 },
  ];
  await lab.admin.apply(rollout({ steps }, "shared", namespace), "git");
  const one = {
    apiVersion,
    kind: "Rollout",
    metadata: { name: "shared", namespace },
    spec: { ...twoLines, steps: [{ name: "b", weight: 30 }] },
  };
  const applied = (await lab.admin.apply(one, "alice")) as Stored;
  expect(applied.spec.steps).toMatchObject([
    { name: "a", weight: 10 },
    { name: "b", weight: 30 },
  ]);
});

test("kubectl can find the kinds by their short names and by the category, and shows the columns", async () => {
  interface ApiResource {
    name: string;
    shortNames?: string[];
    categories?: string[];
  }
  const { resources } = await lab.admin.call<{ resources: ApiResource[] }>("GET", `/apis/${apiVersion}`);
  expect(resources).toContainEqual(
    expect.objectContaining({ name: "rollouts", shortNames: ["sro"], categories: ["sluice"] }),
  );
  expect(resources).toContainEqual(
    expect.objectContaining({ name: "rolloutruns", shortNames: ["srr"], categories: ["sluice"] }),
  );
  expect(resources).toContainEqual(
    expect.objectContaining({ name: "rolloutpolicies", shortNames: ["srp"], categories: ["sluice"] }),
  );
  expect(resources).toContainEqual(
    expect.objectContaining({ name: "clusterrolloutpolicies", shortNames: ["scrp"], namespaced: false }),
  );
  expect(resources.map(({ name }) => name)).toContain("rolloutruns/status");
});

describe("a run", () => {
  const approve = { id: "1", verb: "approve", step: "third", by: "alice" };
  const pause = { id: "2", verb: "pause", reason: "lunch" };

  async function storedRun(name: string, commands: Fields[] = []): Promise<void> {
    await create(run({ ...runSpec(), commands }, name, namespace));
  }

  test("is taken as the engine makes it, and is read back whole", async () => {
    await storedRun("whole", [approve, pause]);
    const stored = await lab.admin.get(ref("RolloutRun", "whole"));
    const parsed = parseRun(stored);
    expect(parsed).toMatchObject({ ok: true, spec: { ...runSpec(), commands: [approve, pause] } });
    expect(stored["status"]).toMatchObject({ observedGeneration: -1, phase: "Preflight", commandsSeen: [] });
  });

  test.each<[string, unknown]>([
    ["plan", { settleMs: 1 }],
    ["plan", { analysis: { minRequests: 1 } }],
    ["pinned", { sizeAtStart: 5 }],
    ["from", { revision: "other" }],
    ["to", { podLabels: { more: "labels" } }],
    ["reason", "Retry"],
    ["ordinal", 8],
    ["rollout", "other"],
  ])("keeps its %s: %j is refused", async (field, change) => {
    const name = `fixed-${Math.abs(JSON.stringify([field, change]).length)}-${field}`;
    await storedRun(name);
    const message = await refusal(lab.admin.mergePatch(ref("RolloutRun", name), { spec: { [field]: change } }, dryRun));
    expect(message).toContain(`spec.${field}: Invalid value`);
    expect(message).toContain("a run keeps what it began with");
  });

  test("takes one more command, and does not let go of those that were given", async () => {
    await storedRun("commands", [approve]);
    const patch = (commands: unknown) =>
      lab.admin.mergePatch(ref("RolloutRun", "commands"), { spec: { commands } }, dryRun);
    await expect(patch([approve, pause])).resolves.toMatchObject({ spec: { commands: [approve, pause] } });
    expect(await refusal(patch([pause]))).toMatch(/spec.commands: Invalid value:.*a command cannot be removed/);
    expect(await refusal(patch([]))).toMatch(/spec.commands: Invalid value:.*a command cannot be removed/);
    expect(await refusal(patch(null))).toMatch(/spec.commands: Invalid value:.*a command cannot be removed/);
    const changed = /spec.commands\[0\]: Invalid value:.*a command cannot be changed/;
    expect(await refusal(patch([{ ...approve, verb: "skip" }]))).toMatch(changed);
    expect(await refusal(patch([{ ...approve, by: "mallory" }]))).toMatch(changed);
    expect(await refusal(patch([{ ...approve, reason: "later" }]))).toMatch(changed);
  });

  test("refuses a second command of one id, the hundred and first, and one whose step or verb is missing", async () => {
    const refused = async (commands: Fields[]) =>
      await refusal(create(run({ ...runSpec(), commands }, "bad", namespace), dryRun));
    expect(await refused([approve, { ...approve }])).toMatch(/spec.commands\[1\]: Duplicate value/);
    const many = Array.from({ length: 101 }, (_, index) => ({ id: `${index}`, verb: "pause" }));
    expect(await refused(many)).toMatch(/spec.commands: Too many/);
    expect(await refused([{ id: "1", verb: "approve" }])).toMatch(
      /spec.commands\[0\].step: Invalid value:.*which step they mean/,
    );
    expect(await refused([{ id: "1", verb: "skip" }])).toMatch(/spec.commands\[0\].step: Invalid value/);
    expect(await refused([{ id: "1" }])).toMatch(/spec.commands\[0\].verb: Required value/);
    expect(await refused([{ id: "1", verb: "promot" }])).toMatch(/spec.commands\[0\].verb: Unsupported value/);
    expect(await refused([{ id: "1", verb: "pause", when: "now" }])).toMatch(/unknown field "spec.commands\[0\].when"/);
  });

  test("takes commands from two people's server-side applies", async () => {
    await storedRun("people");
    const command = (id: string) => ({ ...run({ commands: [{ id, verb: "pause" }] }, "people", namespace) });
    await lab.admin.apply(command("a"), "alice");
    const applied = (await lab.admin.apply(command("b"), "bob")) as Stored;
    expect(applied.spec.commands).toMatchObject([{ id: "a" }, { id: "b" }]);
  });

  test("has a status under 64 KiB with twenty steps of twenty objectives, and keeps all of it", async () => {
    const twenty = <T>(make: (index: number) => T): T[] => Array.from({ length: 20 }, (_, index) => make(index));
    const spec = runSpec({
      ...twoLines,
      steps: twenty((i) => ({ name: `step-number-${i}`, weight: i + 1 })),
      analysis: { objectives: twenty((i) => ({ name: `objective-number-${i}`, errorRate: { max: "2%" } })) },
    });
    await create(run({ ...spec }, "large", namespace));
    const status = fullStatus(spec);
    const subresource = { ...ref("RolloutRun", "large"), subresource: "status" };
    const written = await lab.admin.mergePatch(subresource, { status });
    expect(parseRun(written)).toMatchObject({ ok: true, status });
    expect(Buffer.byteLength(JSON.stringify(written["status"]))).toBeLessThan(64 * 1024);
  });
});
