import { describe, expect, test } from "vitest";
import { gitOpsWriter } from "./writers.ts";

const at = (manager: string, second: number) => ({ manager, time: `2026-01-01T00:00:0${second}Z` });

describe("a GitOps tool's write", () => {
  test("is the newest one of a known tool, beside our own", () => {
    expect(gitOpsWriter([at("argocd-controller", 1), at("kustomize-controller", 2), at("sluice", 3)])).toEqual(
      at("kustomize-controller", 2),
    );
  });

  test.each(["kubectl-edit", "sluice-withdraw", ""])(
    "counts for nothing when %j wrote another route last",
    (manager) => {
      expect(gitOpsWriter([at("argocd-controller", 2), at(manager, 1)])).toBeUndefined();
    },
  );

  test("is not there when only Sluice wrote", () => {
    expect(gitOpsWriter([at("sluice", 1)])).toBeUndefined();
  });
});
