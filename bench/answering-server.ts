/** In a thread of its own: an API server of plain HTTP that has one Rollout. Posts its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort } from "node:worker_threads";
import { rolloutObject } from "../src/commands/run-fixture.test-helper.ts";

const answer = JSON.stringify({
  apiVersion: "sluice.dev/v1alpha1",
  kind: "RolloutList",
  metadata: { resourceVersion: "1" },
  items: [rolloutObject()],
});
const server = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "application/json" }).end(answer);
});
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
