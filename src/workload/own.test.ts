import { describe, expect, test } from "vitest";
import { deployment, replicaSet, template } from "./fixtures.test-helper.ts";
import { isSaturated, type OwnState, ownPodLabels, readOwn } from "./own.ts";

const vetted = { live: template("v1"), candidate: template("v2") };

test("at rest: one ReplicaSet, live, rolled out", () => {
  const state = readOwn(deployment(), [replicaSet("v1", [4, 4, 4, 4]), replicaSet("v0", [0, 0, 0, 0])], vetted);
  expect(state).toMatchObject({
    exists: true,
    uid: "own",
    paused: false,
    pauseObserved: false,
    specReplicas: 4,
    activeCount: 1,
    liveReplicaSet: { name: "checkout-hash-v1", hash: "hash-v1" },
    liveReady: 4,
    liveAvailable: 4,
    strays: [],
    rolledOut: true,
  });
  expect(state.replicaSets.map(({ revision }) => revision)).toEqual(["live", "other"]);
  expect(ownPodLabels({ hash: "hash-v1" })).toEqual({ "pod-template-hash": "hash-v1" });
});

test("held with a new template: the live ReplicaSet goes on, and nothing is rolled out", () => {
  const own = deployment("v2", { spec: { paused: true }, status: { updatedReplicas: 0 } });
  const state = readOwn(own, [replicaSet("v1", [4, 4, 4, 4])], vetted);
  expect(state).toMatchObject({ paused: true, pauseObserved: true, activeCount: 1, strays: [], rolledOut: false });
  expect(state.template).toEqual(template("v2"));
});

test("a pause counts once the deployment controller has seen it", () => {
  const own = deployment("v2", { spec: { paused: true }, status: { observedGeneration: 2 } });
  expect(readOwn(own, [], vetted)).toMatchObject({ paused: true, pauseObserved: false });
});

describe("a broken hold", () => {
  const saturated = ({ strays, specReplicas }: OwnState) =>
    strays.filter((stray) => isSaturated(stray, specReplicas)).map(({ name }) => name);

  test("a stray ReplicaSet that is not full can still be taken back", () => {
    const sets = [replicaSet("v1", [3, 3, 3, 3]), replicaSet("v2", [2, 2, 1, 0])];
    expect(readOwn(deployment("v2"), sets, vetted)).toMatchObject({
      activeCount: 2,
      liveReady: 3,
      strays: [{ revision: "candidate", specReplicas: 2 }],
      rolledOut: false,
    });
  });

  test("one that is full but not yet available too", () => {
    const sets = [replicaSet("v1", [1, 1, 1, 1]), replicaSet("v2", [4, 4, 4, 3])];
    expect(saturated(readOwn(deployment("v2"), sets, vetted))).toEqual([]);
  });

  test("one that is full and available cannot", () => {
    const sets = [replicaSet("v1", [0, 0, 0, 0]), replicaSet("v9", [4, 4, 4, 4])];
    const state = readOwn(deployment("v9"), sets, vetted);
    expect(state).toMatchObject({ liveReady: 0, strays: [{ revision: "other" }] });
    expect(saturated(state)).toEqual(["checkout-hash-v9"]);
    expect(state.liveReplicaSet?.specReplicas).toBe(0);
  });

  test("pods that are still going away make a ReplicaSet active", () => {
    const sets = [replicaSet("v1", [4, 4, 4, 4]), replicaSet("v2", [0, 1, 0, 0])];
    expect(readOwn(deployment(), sets, vetted)).toMatchObject({
      activeCount: 2,
      rolledOut: false,
      strays: [{ replicas: 1 }],
    });
  });
});

describe("rolledOut", () => {
  const sets = [replicaSet("v1", [4, 4, 4, 4])];
  test.each([
    ["an old status", { observedGeneration: 2 }],
    ["a pod that is not available", { availableReplicas: 3 }],
    ["a pod too many", { replicas: 5 }],
    ["no status at all", { observedGeneration: undefined }],
  ])("is not, with %s", (_, status) => {
    expect(readOwn(deployment("v1", { status }), sets, vetted).rolledOut).toBe(false);
  });

  test("is not, while the one ReplicaSet is of another template than the Deployment's", () => {
    expect(readOwn(deployment("v2"), sets, vetted).rolledOut).toBe(false);
  });

  test("is, at no replicas", () => {
    const own = deployment("v1", {
      spec: { replicas: 0 },
      status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 },
    });
    const state = readOwn(own, [replicaSet("v1", [0, 0, 0, 0])], vetted);
    expect(state).toMatchObject({ rolledOut: true, activeCount: 0 });
  });
});

test("ReplicaSets of others are not read, and a twin's are others'", () => {
  expect(readOwn(deployment(), [replicaSet("v1", [4, 4, 4, 4], "twin")], vetted).replicaSets).toEqual([]);
});

test("a candidate that is the live revision is live; without a live revision all are strays", () => {
  const sets = [replicaSet("v1", [4, 4, 4, 4])];
  const same = readOwn(deployment(), sets, { live: template("v1"), candidate: template("v1") });
  expect(same.replicaSets[0]?.revision).toBe("live");
  expect(readOwn(deployment(), sets, {})).toMatchObject({ liveReplicaSet: undefined, strays: [{}], rolledOut: true });
});

test("no Deployment", () => {
  expect(readOwn(undefined, [], vetted)).toMatchObject({ exists: false, rolledOut: false, replicaSets: [] });
});
