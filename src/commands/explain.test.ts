import { expect, test } from "vitest";
import { ApiError } from "../kube/errors.ts";
import { explain } from "./explain.ts";
import { CommandFailure } from "./failure.ts";

function said(code: number, reason: string, message: string): string {
  const error = explain(new ApiError(code, reason, message), "https://cluster:6443");
  expect(error).toBeInstanceOf(CommandFailure);
  return (error as CommandFailure).message;
}

test("a cluster that does not answer is named, with how to choose another", () => {
  const text = said(0, "Network", "connect ECONNREFUSED");
  expect(text).toContain("https://cluster:6443 cannot be reached: connect ECONNREFUSED");
  expect(text).toContain("--context NAME");
});

test("a right that is missing is written as the rule to ask for", () => {
  const text = said(
    403,
    "Forbidden",
    'rollouts.sluice.dev is forbidden: User "alice" cannot list resource "rollouts" in API group "sluice.dev" in the namespace "shop"',
  );
  expect(text).toContain("alice may not list rollouts.sluice.dev in namespace shop");
  expect(text).toContain('{apiGroups: ["sluice.dev"], resources: [rollouts], verbs: [list]}');
  expect(text).toContain("sluice-view");
});

test("a right that is missing everywhere says so", () => {
  const text = said(
    403,
    "Forbidden",
    'pods is forbidden: User "a" cannot list resource "pods" in API group "" at the cluster scope',
  );
  expect(text).toContain("a may not list pods in the whole cluster");
});

test("what an admission policy says is said without its wrapping", () => {
  const text = said(
    403,
    "Forbidden",
    `rolloutruns.sluice.dev "checkout-1" is forbidden: ValidatingAdmissionPolicy 'sluice-commands' with binding 'sluice-commands' denied request: alice may not approve in namespace shop`,
  );
  expect(text).toBe("alice may not approve in namespace shop");
});

test("credentials that are not accepted mean logging in again", () => {
  expect(said(401, "Unauthorized", "Unauthorized")).toContain("Log in to the cluster again");
  expect(said(0, "Credentials", "no credentials for the API server: exec failed")).toContain(
    "Log in to the cluster again",
  );
});

test("what the server finds wrong with an object is passed on", () => {
  expect(said(422, "Invalid", "spec.commands: Too many")).toBe("spec.commands: Too many");
});

test("an error that is a bug stays what it is", () => {
  const bug = new TypeError("x");
  expect(explain(bug, "")).toBe(bug);
});
