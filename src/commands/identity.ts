import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { NAMESPACE } from "../api/metadata.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const POD_NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/** A Pod's name is unique, and stays when its container starts anew, so it has its Lease back at once; other machines run several of us. */
export function defaultIdentity(env: Environment): string {
  return env["KUBERNETES_SERVICE_HOST"] === undefined
    ? `${hostname()}_${process.pid}_${randomUUID().slice(0, 8)}`
    : hostname();
}

/** The Pod's own namespace; `sluice-system` outside a cluster. */
export function defaultLeaseNamespace(env: Environment): string {
  if (env["KUBERNETES_SERVICE_HOST"] === undefined) return NAMESPACE;
  try {
    return readFileSync(POD_NAMESPACE_FILE, "utf8").trim();
  } catch {
    return NAMESPACE;
  }
}
