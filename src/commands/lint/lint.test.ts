import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatPlace } from "./finding.ts";
import { formatLint } from "./format.ts";
import { lintSources } from "./lint-sources.ts";

const ROLLOUT = `apiVersion: sluice.dev/v1alpha1
kind: Rollout
metadata: {name: checkout, namespace: shop}
spec:
  workload: {name: checkout}
  traffic: {istio: {virtualServices: [{name: checkout}]}}
`;
const ROUTE = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: checkout
  namespace: shop
spec:
  hosts: [checkout]
  http:
    - name: main
      timeout: 3s
      retries:
        attempts: 3
        perTryTimeout: 2s
      route:
        - destination: {host: checkout}
`;
const POLICY = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: checkout, namespace: shop}
spec:
  rules:
    - from:
        - source:
            principals:
              - cluster.local/ns/web/sa/frontend
              - spiffe://cluster.local/ns/web/sa/frontend
`;

const file = (name: string, text: string) => ({ file: name, text });
const good = [file("rollout.yaml", ROLLOUT), file("route.yaml", ROUTE.replace("3s", "30s"))];

describe("lint", () => {
  test("has nothing to say of a Rollout in order", () => {
    expect(lintSources(good, { namespace: "default" })).toEqual({
      findings: [],
      rollouts: 1,
      policies: 0,
      where: "2 files",
    });
  });

  test("names the place in the file of the object that is wrong", () => {
    const { findings } = lintSources([file("rollout.yaml", ROLLOUT), file("mesh.yaml", `${ROUTE}---\n${POLICY}`)], {
      namespace: "default",
    });
    expect(findings.map((each) => [formatPlace(each), each.id, each.severity])).toEqual([
      ["mesh.yaml:13:9", "retry-amplification", "warn"],
      ["mesh.yaml:26:17", "principal-syntax", "fail"],
    ]);
  });

  test("tells of what the API server would refuse, and of YAML that is none", () => {
    const bad = ROLLOUT.replace("{name: checkout}\n  traffic", "{nam: checkout}\n  traffic");
    const { findings } = lintSources([file("a.yaml", bad), file("b.yaml", "a: [1\n")], { namespace: "default" });
    expect(findings.map((each) => [formatPlace(each), each.id])).toEqual(
      expect.arrayContaining([
        [expect.stringMatching(/^a\.yaml:5:/), "schema"],
        [expect.stringMatching(/^b\.yaml:/), "schema"],
      ]),
    );
    expect(findings.every(({ severity }) => severity === "fail")).toBe(true);
  });

  test("tells of objects that Istio would refuse, also beside a Rollout that is broken", () => {
    const bad = ROLLOUT.replace("{name: checkout}\n  traffic", "{nam: checkout}\n  traffic");
    const route = ROUTE.replace("timeout", "timout");
    const { findings } = lintSources([file("a.yaml", bad), file("b.yaml", route)], { namespace: "default" });
    const [found] = findings.filter(({ id }) => id === "istio-object");
    expect(found).toMatchObject({ file: "b.yaml", line: 10, column: 7, severity: "fail" });
    expect(found?.message).toContain('there is no field "timout"; did you mean "timeout"?');
  });

  test("tells of users who are let in past the managed routes, at the line that does it", () => {
    const httpRoute = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: back-door, namespace: shop}
spec:
  rules:
    - backendRefs: [{name: checkout, port: 80}]
`;
    const { findings } = lintSources([...good, file("edge.yaml", httpRoute)], { namespace: "default" });
    expect(findings.map((each) => [formatPlace(each), each.id, each.severity])).toEqual([
      ["edge.yaml:6:7", "unmanaged-callers", "fail"],
    ]);
    const accepted = ROLLOUT.replace("traffic: {", "traffic: {unmanagedCallers: Accept, ");
    const again = [file("rollout.yaml", accepted), ...good.slice(1), file("edge.yaml", httpRoute)];
    expect(lintSources(again, { namespace: "default" }).findings).toMatchObject([{ severity: "warn" }]);
  });

  test("goes by the trust domains that are given", () => {
    const sources = [...good, file("policy.yaml", POLICY.replace("- spiffe://cluster.local", "- old.local"))];
    const told = (trustDomains?: string[]) =>
      lintSources(sources, { namespace: "default", trustDomains }).findings.map(({ severity }) => severity);
    expect([told(), told(["old.local"]), told(["prod.local"])]).toEqual([["warn"], [], ["fail"]]);
  });

  test("does not guess at a route that is kept elsewhere: that is a warning", () => {
    const { findings } = lintSources([file("rollout.yaml", ROLLOUT)], { namespace: "default" });
    expect(findings).toMatchObject([{ id: "route-exists", severity: "warn", line: 1 }]);
    expect(findings[0]?.message).toMatch(/VirtualService shop\/checkout is not among the files/);
  });

  test("takes objects without a namespace to be in the one that is given", () => {
    const without = (text: string) => text.replace(", namespace: shop", "").replace("  namespace: shop\n", "");
    const sources = good.map((source) => file(source.file, without(source.text)));
    expect(lintSources(sources, { namespace: "elsewhere" }).findings).toEqual([]);
  });

  test("has nothing to say of the manifests that docs/gitops.md shows", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/gitops.md"), "utf8");
    const [, shown = ""] = /```yaml\n(# In Git[^`]*)```/.exec(page) ?? [];
    expect(shown).toContain("kind: DestinationRule");
    expect(
      lintSources([file("rollout.yaml", ROLLOUT), file("docs/gitops.md", shown)], { namespace: "default" }).findings,
    ).toEqual([]);
  });

  test("looks at policies, and at Rollouts under them", () => {
    const head = "apiVersion: sluice.dev/v1alpha1\nkind: ClusterRolloutPolicy\nmetadata: {name: slow}\nspec:\n";
    const policy = (limits: string) => file("policy.yaml", `${head}  namespaceSelector: {}\n  limits: {${limits}}\n`);
    const fine = lintSources([...good, policy("minObserve: 1m")], { namespace: "default" });
    expect(fine).toEqual({ findings: [], rollouts: 1, policies: 1, where: "3 files" });
    expect(lintSources([...good, policy("minObserve: 1")], { namespace: "default" }).findings).toMatchObject([
      { file: "policy.yaml", line: 6, column: 12, id: "schema", severity: "fail" },
    ]);
    const shared = `${head}  namespaceSelector: {}\n  analysis: {objectives: [{name: slow, latency: {max: 510ms}}]}\n`;
    expect(lintSources([...good, file("shared.yaml", shared)], { namespace: "default" }).findings).toMatchObject([
      {
        file: "rollout.yaml",
        id: "threshold-on-bucket",
        message: expect.stringContaining("latency.max (slow) of ClusterRolloutPolicy/slow is 510ms") as unknown,
      },
    ]);
  });

  test("does not guess at a policy that is kept elsewhere: that is a warning", () => {
    const named = file("rollout.yaml", `${ROLLOUT}  policyRef: {name: careful}\n`);
    expect(lintSources([named, ...good.slice(1)], { namespace: "default" }).findings).toMatchObject([
      { line: 7, column: 3, id: "policy-exists", severity: "warn" },
    ]);
  });

  test("says a thing once that two Rollouts lead to", () => {
    const second = ROLLOUT.replace("name: checkout, namespace", "name: other, namespace");
    const { findings } = lintSources(
      [file("a.yaml", `${ROLLOUT}---\n${second}`), file("b.yaml", `${ROUTE}---\n${POLICY}`)],
      { namespace: "d" },
    );
    expect(findings.filter(({ id }) => id === "principal-syntax")).toHaveLength(1);
  });
});

describe("told", () => {
  const result = lintSources([file("rollout.yaml", ROLLOUT), file("mesh, all.yaml", `${ROUTE}---\n${POLICY}`)], {
    namespace: "default",
  });

  test("as text it begins with file, line and column", () => {
    const text = formatLint(result, "text", "1.0.0");
    expect(text).toMatch(/^mesh, all\.yaml:13:9 warning retry-amplification: /);
    expect(text).toMatch(/\n1 Rollout in 2 files: 1 error, 1 warning\n$/);
  });

  test("for GitHub it is a workflow command, with what would end it escaped", () => {
    const [, second = ""] = formatLint(result, "github", "1.0.0").split("\n");
    expect(second).toMatch(
      /^::error file=mesh%2C all\.yaml,line=26,col=17,title=sluice principal-syntax::.*%0AWrite cluster\.local/,
    );
  });

  test("as SARIF every result has a rule that is described, and a region", () => {
    const { version, runs } = JSON.parse(formatLint(result, "sarif", "1.0.0")) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleId: string; level: string; locations: { physicalLocation: { region: object } }[] }[];
      }[];
    };
    const [only] = runs;
    expect(version).toBe("2.1.0");
    expect(only?.results.map(({ level }) => level)).toEqual(["warning", "error"]);
    const rules = only?.tool.driver.rules.map(({ id }) => id);
    for (const { ruleId, locations } of only?.results ?? []) {
      expect(rules).toContain(ruleId);
      expect(locations[0]?.physicalLocation.region).toMatchObject({ startLine: expect.any(Number) as unknown });
    }
  });
});

describe("sluice lint", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "sluice-lint-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  function lint(...args: string[]) {
    const cli = join(import.meta.dirname, "..", "..", "cli.ts");
    return spawnSync(process.execPath, [cli, "lint", ...args], { encoding: "utf8" });
  }

  test("reads standard input, also a List, and is silent beside what it prints", () => {
    const items = ROLLOUT.replaceAll(/^/gm, "    ").replace("    ", "  - ").trimEnd();
    const input = `kind: List\nitems:\n${items}\n---\nkind: Other\nvalue: {{ .Values.x }}\n`;
    const cli = join(import.meta.dirname, "..", "..", "cli.ts");
    const ended = spawnSync(process.execPath, [cli, "lint", "-f", "-"], { encoding: "utf8", input });
    expect(ended).toMatchObject({ status: 1, stderr: "" });
    expect(ended.stdout).toMatch(/^-:3:1 warning route-exists: /);
    expect(ended.stdout).toMatch(/^-:11:\d+ error schema: .*render it first/m);
    expect(ended.stdout).toMatch(/^1 Rollout in 1 file: 1 error, 1 warning$/m);
  }, 60_000);

  test("refuses a trust domain that is none", () => {
    for (const domain of ["", "spiffe://prod.example.com"])
      expect(lint("-f", folder, "--trust-domain", domain)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('Expected a trust domain such as "cluster.local"') as unknown,
      });
  }, 60_000);

  test("ends with 0 for warnings, 1 for what must be mended, 2 where no Rollout is", () => {
    writeFileSync(join(folder, "readme.md"), "no manifest");
    expect(lint("-f", folder)).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("no Rollout") as unknown,
    });
    writeFileSync(join(folder, "rollout.yml"), ROLLOUT);
    writeFileSync(join(folder, "route.yaml"), ROUTE);
    const warned = lint("-f", folder);
    expect(warned).toMatchObject({ status: 0, stderr: "" });
    expect(warned.stdout).toContain(`${join(folder, "route.yaml")}:13:9 warning`);
    writeFileSync(join(folder, "policy.yaml"), POLICY);
    expect(lint("-f", folder, "-o", "github")).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("::error ") as unknown,
    });
    expect(lint("-f", join(folder, "rollout.yml"), "-f", join(folder, "route.yaml")).status).toBe(0);
    expect(lint("-f", join(folder, "none"))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("no such file") as unknown,
    });
    // Five processes, one after the other, on a machine that may have others to run.
  }, 120_000);
});
