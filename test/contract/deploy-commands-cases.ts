import { describe, expect, test } from "vitest";
import { rolloutRuns } from "../../src/controller/resources.ts";
import { until } from "../lab/wait.ts";
import { commandsOf, type DeployLab, namespace, rollout, runRef } from "./deploy-lab.ts";

/** Commands to a run, from people with and without the right to them. */
export function commandsCases(open: () => DeployLab): void {
  describe("commands", () => {
    test("are refused to somebody without the verb, with the right that is missing", async () => {
      const { give } = open();
      await expect(give({ verb: "approve", step: "first" })).rejects.toMatchObject({
        code: 403,
        message: expect.stringContaining(
          "alice may not approve in namespace shop: it takes that verb on rolloutruns.sluice.dev",
        ),
      });
      await expect(give({ verb: "pause" }, {}, { verb: "promote" })).rejects.toMatchObject({
        message: expect.stringContaining("may not do all of pause, promote"),
      });
    });

    test("carry the requester, whatever the client sent", async () => {
      const { give } = open();
      const run = await give({ verb: "pause", by: "mallory" }, {}, { verb: "abort" });
      expect(commandsOf(run).map(({ verb, by }) => [verb, by])).toEqual([
        ["pause", "alice"],
        ["abort", "alice"],
      ]);
    });

    test("that were given before keep their giver, and do not keep the controller from its work", async () => {
      const { sluice } = open();
      const operations = [{ op: "add" as const, path: "/metadata/labels/probe", value: "x" }];
      const run = await sluice.patch(rolloutRuns, runRef(1), { type: "json", operations });
      expect(commandsOf(run).map(({ by }) => by)).toEqual(["alice", "alice"]);
    });

    test("are typed with `sluice`, and refused in a sentence", async () => {
      const { lab, alice, typed } = open();
      const refused = await typed("alice", "approve", "checkout", "third", "-n", namespace);
      expect(refused).toMatchObject({ code: 1, out: "" });
      expect(refused.err).toMatch(/^sluice: there is no Rollout checkout in namespace shop/);
      await lab.admin.apply(rollout());
      const told = await typed("alice", "approve", "checkout", "third", "-n", namespace);
      expect(told.err).toBe(
        "sluice: alice may not approve in namespace shop: it takes that verb on rolloutruns.sluice.dev, as the ClusterRole sluice-operator gives it\n",
      );
      const recorded = await typed("alice", "retry", "checkout", "-n", namespace, "--wait", "0s", "--reason", "again");
      expect(recorded).toEqual({ code: 0, out: "retry is recorded in checkout-1\n", err: "" });
      expect(commandsOf(await alice.get(rolloutRuns, runRef(1))).at(-1)).toMatchObject({
        verb: "retry",
        reason: "again",
        by: "alice",
      });
    });

    test("are open to an operator", async () => {
      const { bind, give } = open();
      await bind("sluice-operator");
      const run = await until("alice is an operator", () => give({ verb: "approve", step: "third" }));
      expect(commandsOf(run).at(-1)).toMatchObject({ verb: "approve", step: "third", by: "alice" });
    });

    test("name their giver truly also where no policy can fill it in", async () => {
      const { lab, give, typed } = open();
      await lab.admin.delete({
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingAdmissionPolicyBinding",
        name: "sluice-commands-by",
      });
      const refusal = await until("the policy is out of force", async () => {
        const message = await give({ verb: "skip", step: "first", by: "mallory" }, { dryRun: true }).catch(
          (error: Error) => error.message,
        );
        return typeof message === "string" ? message : undefined;
      });
      expect(refusal).toContain("`by` of a new command must be the requester: alice");
      await expect(give({ verb: "skip", step: "first" })).rejects.toMatchObject({ code: 422 });
      const skipped = await typed("alice", "skip", "checkout", "first", "-n", namespace, "--wait", "0s");
      expect(skipped.code).toBe(0);
    });
  });
}
