import { describe, expect, test } from "vitest";
import { createManualClock, type ManualClock } from "../manual-clock.ts";
import { ApiError } from "./errors.ts";
import { startLeaseElection } from "./lease.ts";
import { readLease } from "./lease-record.ts";
import { silentLog } from "./log.ts";
import type { KubeApi, KubeObject } from "./port.ts";

const ref = { namespace: "sluice-system", name: "sluice" };

/** One Lease on a server, and what is wrong with the way to it. */
function leaseServer() {
  const server = { lease: undefined as KubeObject | undefined, broken: false, hanging: false, writes: 0 };
  let version = 0;
  async function way(signal?: AbortSignal): Promise<void> {
    if (server.hanging) {
      await new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(new ApiError(0, "Aborted", "given up"))),
      );
    }
    if (server.broken) throw new ApiError(0, "Network", "no way");
  }
  function store(object: KubeObject): KubeObject {
    server.writes++;
    server.lease = structuredClone({ ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } });
    return structuredClone(server.lease);
  }
  const api: Partial<KubeApi> = {
    async get(_resource, _ref, options) {
      await way(options?.signal);
      if (!server.lease) throw new ApiError(404, "NotFound", "no lease");
      return structuredClone(server.lease);
    },
    async create(_resource, object, options) {
      await way(options?.signal);
      if (server.lease) throw new ApiError(409, "AlreadyExists", "there is one");
      return store(object);
    },
    async replace(_resource, object, options) {
      await way(options?.signal);
      if (object.metadata.resourceVersion !== server.lease?.metadata.resourceVersion)
        throw new ApiError(409, "Conflict", "newer");
      return store(object);
    },
  };
  return { server, api: api as KubeApi };
}

function candidate(api: KubeApi, clock: ManualClock, identity: string) {
  const log: string[] = [];
  let term: AbortSignal | undefined;
  let over: (() => boolean) | undefined;
  const election = startLeaseElection({
    api,
    clock,
    random: () => 0.5,
    log: silentLog,
    lease: ref,
    identity,
    onElected: (signal, isOver) => {
      term = signal;
      over = isOver;
      log.push("elected");
    },
    onLost: (why) => log.push(`lost: ${why}`),
    onHolder: (holder) => log.push(`holder ${holder}`),
  });
  return { election, log, term: () => term, isOver: () => over?.() };
}

const holder = (server: { lease: KubeObject | undefined }) => server.lease && readLease(server.lease).holder;

describe("electing", () => {
  test("the first takes the lease at once and renews it", async () => {
    const clock = createManualClock(Date.UTC(2026, 0, 1));
    const { server, api } = leaseServer();
    const a = candidate(api, clock, "a");
    await clock.advance(0);
    expect(a.log).toEqual(["holder a", "elected"]);
    expect(a.election.isLeader()).toBe(true);
    expect(server.lease?.spec).toEqual({
      holderIdentity: "a",
      leaseDurationSeconds: 15,
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:00:00.000000Z",
      leaseTransitions: 0,
    });
    await clock.advance(2_200);
    expect(server.lease?.spec).toMatchObject({
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:00:02.200000Z",
    });
    await a.election.stop();
  });

  test("a second waits while the first renews, however wrong its wall clock is", async () => {
    const clock = createManualClock();
    const { server, api } = leaseServer();
    const a = candidate(api, clock, "a");
    await clock.advance(0);
    const b = candidate(api, { ...clock, now: () => Date.UTC(2099, 0, 1) + clock.monotonic() }, "b");
    await clock.advance(120_000);
    expect(b.log).toEqual(["holder a"]);
    expect(holder(server)).toBe("a");
    await a.election.stop();
    await b.election.stop();
  });

  test("a second takes over a dead one's lease when it has not changed for its duration", async () => {
    const clock = createManualClock();
    const { server, api } = leaseServer();
    const dead = candidate(api, clock, "dead");
    await clock.advance(0);
    const kept = server.lease;
    await dead.election.stop();
    server.lease = kept;
    const b = candidate(api, clock, "b");
    await clock.advance(14_999);
    expect(b.election.isLeader()).toBe(false);
    await clock.advance(2_400);
    expect(b.log).toEqual(["holder dead", "holder b", "elected"]);
    expect(server.lease?.spec).toMatchObject({ leaseTransitions: 1 });
    await b.election.stop();
  });

  test("the same identity takes its lease back at once after a restart", async () => {
    const clock = createManualClock();
    const { server, api } = leaseServer();
    const before = candidate(api, clock, "a");
    await clock.advance(0);
    const kept = server.lease;
    await before.election.stop();
    server.lease = kept;
    const after = candidate(api, clock, "a");
    await clock.advance(0);
    expect(after.election.isLeader()).toBe(true);
    expect(server.lease?.spec).toMatchObject({ leaseTransitions: 0 });
    await after.election.stop();
  });
});

describe("losing", () => {
  test("ends the term before another may begin when the lease cannot be renewed", async () => {
    const clock = createManualClock();
    const { server, api } = leaseServer();
    const a = candidate(api, clock, "a");
    await clock.advance(0);
    server.hanging = true;
    await clock.advance(9_999);
    expect(a.term()?.aborted).toBe(false);
    await clock.advance(1);
    expect(a.term()?.aborted).toBe(true);
    expect(a.log.at(-1)).toBe("lost: the lease was not renewed for 10000 ms");
    expect(a.election.isLeader()).toBe(false);
    await a.election.stop();
  });

  test("is known by the clock before any timer is due, as in a process that was stopped and goes on", async () => {
    const clock = createManualClock();
    let stoppedMs = 0;
    const { api } = leaseServer();
    const a = candidate(api, { ...clock, monotonic: () => clock.monotonic() + stoppedMs }, "a");
    await clock.advance(0);
    stoppedMs = 9_999;
    expect(a.isOver()).toBe(false);
    stoppedMs = 10_000;
    expect([a.isOver(), a.term()?.aborted]).toEqual([true, false]);
    await a.election.stop();
  });

  test("is over after a halt that the monotonic clock has slept through, as in a virtual machine", async () => {
    const clock = createManualClock();
    const { api } = leaseServer();
    const a = candidate(api, clock, "a");
    await clock.advance(0);
    clock.setWall(clock.now() + 10_000);
    expect(a.isOver()).toBe(true);
    clock.setWall(clock.now() - 60_000);
    expect(a.isOver()).toBe(false);
    await a.election.stop();
  });

  test("a short failure is outlived", async () => {
    const clock = createManualClock();
    const { server, api } = leaseServer();
    const a = candidate(api, clock, "a");
    await clock.advance(0);
    server.broken = true;
    await clock.advance(8_000);
    server.broken = false;
    await clock.advance(60_000);
    expect(a.election.isLeader()).toBe(true);
    await a.election.stop();
  });

  test("ends the term when another holds the lease, though that one's has expired", async () => {
    const clock = createManualClock();
    const { server, api } = leaseServer();
    const a = candidate(api, clock, "a");
    await clock.advance(0);
    const lease = server.lease as KubeObject;
    server.lease = { ...lease, spec: { ...(lease.spec as object), holderIdentity: "b", leaseDurationSeconds: 0 } };
    await clock.advance(2_400);
    expect(a.log).toEqual(["holder a", "elected", "holder b", "lost: b holds the lease"]);
    await a.election.stop();
    expect(holder(server)).toBe("b");
  });

  test("a deleted lease is written again", async () => {
    const clock = createManualClock();
    const { server, api } = leaseServer();
    const a = candidate(api, clock, "a");
    await clock.advance(0);
    server.lease = undefined;
    await clock.advance(2_400);
    expect(holder(server)).toBe("a");
    expect(a.election.isLeader()).toBe(true);
    await a.election.stop();
  });
});

describe("stopping", () => {
  test("ends the term, then gives the lease up, so that another need not wait", async () => {
    const clock = createManualClock();
    const { server, api } = leaseServer();
    const a = candidate(api, clock, "a");
    await clock.advance(0);
    const b = candidate(api, clock, "b");
    await clock.advance(0);
    await a.election.stop();
    expect(a.term()?.aborted).toBe(true);
    expect(a.log).toEqual(["holder a", "elected"]);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
    await clock.advance(2_400);
    expect(b.election.isLeader()).toBe(true);
    await b.election.stop();
  });

  test("before the election leaves the lease alone", async () => {
    const clock = createManualClock();
    const { server, api } = leaseServer();
    const a = candidate(api, clock, "a");
    await clock.advance(0);
    const b = candidate(api, clock, "b");
    await clock.advance(5_000);
    await b.election.stop();
    expect(holder(server)).toBe("a");
    await a.election.stop();
    expect(clock.pending()).toBe(0);
  });
});

test("times that cannot work are refused", () => {
  const { api } = leaseServer();
  const options = { api, clock: createManualClock(), random: () => 0, log: silentLog, lease: ref, identity: "a" };
  const callbacks = { onElected: () => {}, onLost: () => {} };
  expect(() => startLeaseElection({ ...options, ...callbacks, leaseDurationMs: 10_000 })).toThrow(TypeError);
});
