import { ApiError } from "../kube/errors.ts";
import { CommandFailure, EXIT } from "./failure.ts";
import { typed } from "./typed.ts";

/** RBAC's own sentence: User "x" cannot VERB resource "R" in API group "G" in the namespace "N". */
const RBAC_DENIAL =
  /User "(?<user>[^"]*)" cannot (?<verb>\S+) resource "(?<resource>[^"]*)" in API group "(?<group>[^"]*)"(?: in the namespace "(?<namespace>[^"]*)")?/;
/** What an admission policy says, behind the names of the policy and its binding. */
const POLICY_DENIAL = /ValidatingAdmissionPolicy '[^']*' with binding '[^']*' denied request: (?<said>.*)$/s;

const WHICH_CLUSTER =
  "Is this the right cluster, and does it run? Choose another with --kubeconfig FILE or --context NAME.";

/** What to tell a person about whatever a command ended with: what went wrong, and what to do about it. */
export function explain(error: unknown, server: string): unknown {
  if (!(error instanceof ApiError)) return error;
  return new CommandFailure(sentences(error, server).join("\n"), EXIT.failed, { cause: error });
}

function sentences(error: ApiError, server: string): string[] {
  const { code, reason, message } = error;
  if (reason === "Credentials")
    return [message, "Log in to the cluster again, or choose another user with --context NAME."];
  if (code === 0) return [`the cluster at ${server} cannot be reached: ${message}`, WHICH_CLUSTER];
  if (code === 401)
    return [
      `the cluster at ${server} does not accept these credentials`,
      "Log in to the cluster again, or choose another user with --context NAME.",
    ];
  if (code === 403) return forbidden(message);
  if (code === 429 || code >= 500)
    return [`the cluster at ${server} answers HTTP ${code}: ${message}`, "Try again in a moment."];
  return [message];
}

function forbidden(message: string): string[] {
  const policy = POLICY_DENIAL.exec(message)?.groups?.["said"];
  if (policy !== undefined) return [policy.trim()];
  const denial = RBAC_DENIAL.exec(message)?.groups;
  if (denial === undefined) return [message];
  const { user = "", verb = "", resource = "", group = "", namespace } = denial;
  const where = namespace === undefined ? "in the whole cluster" : `in namespace ${namespace}`;
  const role = verb === "patch" ? "sluice-edit or sluice-operator" : "sluice-view";
  return [
    `${user} may not ${verb} ${group === "" ? resource : `${resource}.${group}`} ${where}`,
    `Ask for this rule in a role: {apiGroups: ["${group}"], resources: [${resource}], verbs: [${verb}]}, or for the ClusterRole ${role} that comes with Sluice.`,
  ];
}

/** The cluster serves none of our kinds. */
export function notInstalled(server: string): CommandFailure {
  return new CommandFailure(
    `the cluster at ${server} does not know Rollouts: Sluice's CustomResourceDefinitions are not installed\nInstall them: ${typed("crds")} | kubectl apply --server-side -f -`,
  );
}
