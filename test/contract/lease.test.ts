import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { fenceWrites } from "../../src/kube/leader-fence.ts";
import { startLeaseElection } from "../../src/kube/lease.ts";
import { silentLog } from "../../src/kube/log.ts";
import { configMaps, leases } from "../../src/kube/resources.ts";
import { configMap, field } from "./objects.ts";
import { type RealServer, realServer } from "./real-server.ts";

const namespace = "lease-contract";
const lease = { namespace, name: "sluice" };
let server: RealServer;

beforeAll(async () => {
  server = await realServer(namespace, 3);
}, 120_000);
afterAll(async () => {
  await server?.close();
});

/** A candidate in a hurry, and the promise of its term. */
function candidate(identity: string) {
  const elected = Promise.withResolvers<AbortSignal>();
  const election = startLeaseElection({
    api: server.api,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    lease,
    identity,
    retryMs: 50,
    onElected: elected.resolve,
    onLost: (why) => elected.reject(new Error(why)),
  });
  return { election, elected: elected.promise };
}

test("leadership goes from one to the next at once, and with it the right to write", { timeout: 60_000 }, async () => {
  const first = candidate("first");
  const term = await first.elected;
  const second = candidate("second");
  const fenced = fenceWrites(server.api, term);
  await fenced.create(configMaps, configMap(namespace, "by-the-first"));

  await first.election.stop();
  await expect(fenced.create(configMaps, configMap(namespace, "too-late"))).rejects.toMatchObject({
    reason: "NotLeader",
  });
  await second.elected;
  const held = await server.api.get(leases, lease);
  // From "" to the second: as client-go counts.
  expect(held.spec).toMatchObject({ holderIdentity: "second", leaseDurationSeconds: 15, leaseTransitions: 1 });
  expect(field(held, "spec", "renewTime")).toMatch(/\.\d{6}Z$/);

  await second.election.stop();
  expect((await server.api.get(leases, lease)).spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
});
