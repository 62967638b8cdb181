import { describe, expect, test } from "vitest";
import { deployments, podTemplates } from "../../src/kube/resources.ts";
import type { ContractContext } from "./kube-api-contract.ts";
import { deployment, field } from "./objects.ts";

/** What only a server that knows the fields of a kind can do. */
export function schemaCases({ api, namespace }: ContractContext): void {
  describe("strict validation", () => {
    test("names an unknown field", async () => {
      const object = deployment(namespace(), "strict");
      const wrong = { ...object, spec: { ...(object.spec as object), replikas: 1 } };
      const creating = api().create(deployments, wrong, { fieldValidation: "Strict" });
      await expect(creating).rejects.toMatchObject({
        name: "ApiError",
        code: 400,
        message: expect.stringContaining("spec.replikas"),
      });
      const created = await api().create(deployments, wrong, { fieldValidation: "Ignore" });
      expect(field(created, "spec", "replikas")).toBeUndefined();
    });

    test("names what is wrong with a value", async () => {
      const object = deployment(namespace(), "invalid");
      const wrong = { ...object, spec: { ...(object.spec as object), replicas: -1 } };
      const refused = { code: 422, reason: "Invalid", message: expect.stringContaining("spec.replicas") };
      await expect(api().create(deployments, wrong)).rejects.toMatchObject(refused);
    });
  });

  test("a PodTemplate is defaulted exactly as a Deployment's template", async () => {
    const object = deployment(namespace(), "defaulted");
    const created = await api().create(deployments, object);
    const template = field(object, "spec", "template");
    const metadata = { name: "defaulted", namespace: namespace() };
    const kept = await api().create(podTemplates, { apiVersion: "v1", kind: "PodTemplate", metadata, template });
    expect(kept.template).toEqual(field(created, "spec", "template"));
  });
}
