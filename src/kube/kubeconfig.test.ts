import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import { createCredentialSource } from "./credentials.ts";
import { currentNamespace, loadKubeConfig } from "./kubeconfig.ts";

let dir: string;

function kubeconfig(name: string, user: object = { token: `token-of-${name}` }): string {
  const file = join(dir, name);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [
      { name, cluster: { server: `https://${name}.example:6443/k8s/`, "certificate-authority-data": "Q0E=" } },
    ],
    users: [{ name, user }],
    contexts: [
      { name, context: { cluster: name, user: name, namespace: `ns-${name}` } },
      { name: `${name}-bare`, context: { cluster: name, user: name } },
    ],
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-kubeconfig-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe("finding the cluster", () => {
  test("the file given wins over KUBECONFIG, and that over the home directory", () => {
    mkdirSync(join(dir, "home", ".kube"), { recursive: true });
    const home = { homeDirectory: join(dir, "home") };
    const [one, two] = [kubeconfig("one"), kubeconfig("two")];
    expect(loadKubeConfig({ kubeconfig: one, env: { KUBECONFIG: two } }).getCurrentContext()).toBe("one");
    const merged = loadKubeConfig({ env: { KUBECONFIG: `${two}:${one}` }, ...home });
    expect(merged.getCurrentContext()).toBe("two");
    expect(merged.getContexts()).toHaveLength(4);
    writeFileSync(join(dir, "home", ".kube", "config"), merged.exportConfig());
    expect(loadKubeConfig({ env: {}, ...home }).getCurrentContext()).toBe("two");
  });

  test("a context can be chosen, and gives the namespace", () => {
    const file = kubeconfig("three");
    expect(currentNamespace(loadKubeConfig({ kubeconfig: file }))).toBe("ns-three");
    expect(currentNamespace(loadKubeConfig({ kubeconfig: file, context: "three-bare" }))).toBe("default");
  });

  test("what is missing is said, with what to do", () => {
    expect(() => loadKubeConfig({ kubeconfig: kubeconfig("four"), context: "nope" })).toThrow(
      "it has: four, four-bare",
    );
    expect(() => loadKubeConfig({ kubeconfig: join(dir, "absent") })).toThrow(/cannot read the kubeconfig .*absent/);
    expect(() => loadKubeConfig({ env: {}, homeDirectory: join(dir, "nobody") })).toThrow("give --kubeconfig FILE");
  });
});

describe("credentials", () => {
  const source = (name: string, user: object) => {
    const clock = createManualClock();
    return { clock, source: createCredentialSource(loadKubeConfig({ kubeconfig: kubeconfig(name, user) }), clock) };
  };

  test("are the token, the CA and the path below the server", async () => {
    const { source: found } = source("token", { token: "abc" });
    expect(found).toMatchObject({ origin: "https://token.example:6443", basePath: "/k8s" });
    expect(await found.current()).toEqual({ headers: { authorization: "Bearer abc" }, tls: { ca: Buffer.from("CA") } });
  });

  test("may be a client certificate, a password, or another's name", async () => {
    const user = {
      "client-certificate-data": "Q0VSVA==",
      "client-key-data": "S0VZ",
      as: "alice",
      username: "u",
      password: "p",
    };
    const { headers, tls } = await source("certificate", user).source.current();
    expect(tls).toMatchObject({ cert: Buffer.from("CERT"), key: Buffer.from("KEY") });
    expect(headers).toMatchObject({ authorization: `Basic ${Buffer.from("u:p").toString("base64")}` });
  });

  test("of a rotated file are taken up", async () => {
    const key = join(dir, "client.key");
    writeFileSync(key, "old");
    const { clock, source: found } = source("rotated", { "client-certificate-data": "Q0VSVA==", "client-key": key });
    expect((await found.current()).tls.key?.toString()).toBe("old");
    writeFileSync(key, "new");
    expect((await found.current()).tls.key?.toString()).toBe("old");
    await clock.advance(1_000);
    expect((await found.current()).tls.key?.toString()).toBe("new");
  });

  test("come from an exec plugin", async () => {
    const status = { token: "from-plugin", expirationTimestamp: "2000-01-01T00:00:00Z" };
    const credential = JSON.stringify({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status,
    });
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "echo", args: [credential] };
    const { headers } = await source("exec", { exec }).source.current();
    expect(headers.authorization).toBe("Bearer from-plugin");
  });

  test("that cannot be had are an ApiError, and are tried again", async () => {
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: join(dir, "no-such-plugin") };
    const { source: found } = source("broken", { exec });
    await expect(found.current()).rejects.toMatchObject({ name: "ApiError", code: 0, reason: "Credentials" });
    await expect(found.current()).rejects.toMatchObject({ reason: "Credentials" });
  });
});
