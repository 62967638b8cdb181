import type { KubeClient } from "../../src/kube/client.ts";
import type { Resource } from "../../src/kube/port.ts";
import { customResourceDefinitions } from "../../src/kube/resources.ts";
import { until } from "../lab/wait.ts";
import { kubeApiContract } from "./kube-api-contract.ts";
import { realServer } from "./real-server.ts";

kubeApiContract("the client, on a real API server", async () => {
  const namespace = "kube-api-contract";
  const { api, close } = await realServer(namespace, 1);
  return { api, namespace, close, tooOld: { resource: await defineKind(api), resourceVersion: "1" } };
});

/** A kind that was not there from the beginning, so that the server cannot know what it was like at version 1. */
async function defineKind(api: KubeClient): Promise<Resource> {
  const resource = {
    group: "contract.sluice.dev",
    version: "v1",
    plural: "latecomers",
    kind: "Latecomer",
    namespaced: true,
  };
  const { group, version, plural, kind } = resource;
  await api.create(customResourceDefinitions, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
  });
  await until("the new kind is served", async () => (await api.list(resource)).items);
  return resource;
}
