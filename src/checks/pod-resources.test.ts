import { expect, test } from "vitest";
import { limitRange } from "./fixture.ts";
import { podResources } from "./pod-resources.ts";

const asking = (cpu: string, extra: Record<string, unknown> = {}) => ({
  name: `c${cpu}`,
  resources: { requests: { cpu } },
  ...extra,
});

test("containers and overhead add up", () => {
  const pod = podResources({ containers: [asking("1"), asking("2")], overhead: { cpu: "250m" } }, []);
  expect(pod.requests).toEqual({ cpu: 3.25 });
});

test("a large init container counts in place of the containers, a sidecar beside them", () => {
  expect(podResources({ containers: [asking("1")], initContainers: [asking("4")] }, []).requests).toEqual({ cpu: 4 });
  const sidecar = asking("2", { restartPolicy: "Always" });
  expect(podResources({ containers: [asking("1")], initContainers: [sidecar] }, []).requests).toEqual({ cpu: 3 });
  const both = { containers: [asking("1")], initContainers: [sidecar, asking("4")] };
  expect(podResources(both, []).requests).toEqual({ cpu: 6 });
});

test("a request that is left out is the limit, else the LimitRange's default", () => {
  const limited = { name: "app", resources: { limits: { cpu: "2" } } };
  expect(podResources({ containers: [limited] }, []).requests).toEqual({ cpu: 2 });
  const range = limitRange([{ type: "Container", defaultRequest: { memory: "64Mi" }, default: { memory: "128Mi" } }]);
  const pod = podResources({ containers: [{ name: "app" }] }, [range]);
  expect(pod.requests).toEqual({ memory: 67_108_864 });
  expect(pod.lacks("requests", "memory")).toEqual([]);
  expect(pod.lacks("requests", "cpu")).toEqual(["app"]);
});
