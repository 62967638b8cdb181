import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { createCredentialSource } from "../../src/kube/credentials.ts";
import { CALL_TIMEOUT_MS, type Resource } from "../../src/kube/port.ts";
import { configMaps, customResourceDefinitions } from "../../src/kube/resources.ts";
import { createTransport } from "../../src/kube/transport.ts";
import { until } from "../lab/wait.ts";
import { kubeApiContract } from "./kube-api-contract.ts";
import { realServer } from "./real-server.ts";

kubeApiContract("the client, on a real API server", async () => {
  const namespace = "kube-api-contract";
  const { api, close } = await realServer(namespace, 1);
  return { api, namespace, close, tooOld: { resource: await defineKind(api), resourceVersion: "1" } };
});

test("the API server does not carry out a write whose time is over, though its caller still waits", async () => {
  const namespace = "late-writes";
  const { api, kubeConfig, close } = await realServer(namespace, 1);
  onTestFinished(close);
  const source = createCredentialSource(kubeConfig, systemClock);
  const transport = createTransport({
    source,
    clock: systemClock,
    callTimeoutMs: CALL_TIMEOUT_MS,
    userAgent: "sluice",
  });
  onTestFinished(() => transport.close());
  const metadata = { name: "late", namespace };
  const body = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata });
  const path = `/api/v1/namespaces/${namespace}/configmaps?timeout=1ns`;
  const answer = await transport.send({ method: "POST", path, contentType: "application/json", body });
  answer.release();
  expect(answer.code).toBe(504);
  await expect(api.get(configMaps, metadata)).rejects.toMatchObject({ code: 404 });
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
