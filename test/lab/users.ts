import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

export type UserName = "admin" | "sluice" | "alice" | "argocd";

interface User {
  readonly username: string;
  readonly groups: readonly string[];
}

const users: Readonly<Record<UserName, User>> = {
  admin: { username: "lab-admin", groups: ["system:masters"] },
  // What a service account's token authenticates as; its rights are those that deploy/ grants, never more.
  sluice: {
    username: "system:serviceaccount:sluice-system:sluice",
    groups: ["system:serviceaccounts", "system:serviceaccounts:sluice-system"],
  },
  // A person with the built-in `edit` role: whatever else a test wants her to be allowed, it binds itself.
  alice: { username: "alice", groups: ["developers"] },
  argocd: { username: "argocd", groups: ["system:masters"] },
};

export type Tokens = Readonly<Record<UserName, string>>;

/** Tokens for all users, written as the apiserver's --token-auth-file. */
export async function writeTokenFile(file: string): Promise<Tokens> {
  const tokens: Partial<Record<UserName, string>> = {};
  const lines: string[] = [];
  for (const [name, user] of Object.entries(users) as [UserName, User][]) {
    const token = randomBytes(16).toString("hex");
    tokens[name] = token;
    lines.push(`${token},${user.username},${name},"${user.groups.join(",")}"`);
  }
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  return tokens as Tokens;
}

/** One kubeconfig a user, in `dir`; gives their paths. JSON is YAML, so kubectl and client-node read it. */
export async function writeKubeconfigs(
  dir: string,
  server: string,
  ca: string,
  tokens: Tokens,
): Promise<Record<UserName, string>> {
  const paths: Partial<Record<UserName, string>> = {};
  for (const [name, token] of Object.entries(tokens) as [UserName, string][]) {
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        { name: "lab", cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } },
      ],
      users: [{ name, user: { token } }],
      contexts: [{ name: "lab", context: { cluster: "lab", user: name } }],
      "current-context": "lab",
    };
    paths[name] = join(dir, `${name}.kubeconfig`);
    await writeFile(paths[name], JSON.stringify(config, null, 2), { mode: 0o600 });
  }
  return paths as Record<UserName, string>;
}
