import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "./port.ts";
import { createReplica, type Replica } from "./replica.ts";
import { keyOf } from "./resources.ts";

const object = (name: string, version: number): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "shop", resourceVersion: String(version) },
});
const listOf = (version: number, ...items: KubeObject[]) => ({ items, resourceVersion: String(version) });
const brief = (changes: { kind: string; object: KubeObject }[]) =>
  changes.map(({ kind, object: { metadata } }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`);

function synced(): Replica<KubeObject> {
  const replica = createReplica<KubeObject>((whole) => whole);
  replica.beginList();
  replica.replaceAll(listOf(20, object("a", 10)));
  return replica;
}

describe("answers to our own writes", () => {
  test("are there at once, and the event that follows changes nothing", () => {
    const replica = synced();
    expect(brief(replica.put(object("a", 21)))).toEqual(["updated a 21"]);
    expect(replica.apply({ type: "MODIFIED", object: object("a", 21) })).toEqual([]);
    expect(brief(replica.apply({ type: "MODIFIED", object: object("a", 22) }))).toEqual(["updated a 22"]);
  });

  test("never put an older object over a newer one", () => {
    const replica = synced();
    replica.apply({ type: "MODIFIED", object: object("a", 22) });
    expect(replica.put(object("a", 21))).toEqual([]);
  });

  test("that come after the deletion do not bring the object back", () => {
    const replica = synced();
    replica.apply({ type: "DELETED", object: object("a", 22) });
    expect(replica.put(object("a", 21))).toEqual([]);
    expect(replica.store.size()).toBe(0);
  });

  test("outlive a list that was begun before them", () => {
    const replica = synced();
    replica.beginList();
    replica.put(object("a", 31));
    replica.put(object("new", 32));
    expect(replica.replaceAll(listOf(30, object("a", 10)))).toEqual([]);
    expect(replica.store.list().map((kept) => kept.metadata.resourceVersion)).toEqual(["31", "32"]);
  });

  test("before the first list change nothing", () => {
    const replica = createReplica<KubeObject>((whole) => whole);
    expect(replica.put(object("a", 1))).toEqual([]);
  });
});

describe("versions that cannot be compared", () => {
  const odd = (version: string): KubeObject => ({
    ...object("a", 0),
    metadata: { name: "a", resourceVersion: version },
  });

  test("follow events as they come, and leave what we wrote to the watch", () => {
    const replica = createReplica<KubeObject>((whole) => whole);
    replica.replaceAll({ items: [odd("x")], resourceVersion: "x" });
    expect(replica.put(odd("y"))).toEqual([]);
    expect(replica.apply({ type: "MODIFIED", object: odd("y") })).toHaveLength(1);
    replica.beginList();
    expect(replica.compare({ items: [odd("z")], resourceVersion: "z" })).toEqual({ kind: "incomparable" });
  });
});

type Event = { type: "ADDED" | "MODIFIED" | "DELETED"; object: KubeObject };

/** A server's whole history, a watch that lags behind it, lists beside it, and answers to writes that come late. */
class World {
  readonly replica = synced();
  readonly server = new Map<string, KubeObject>([["a", object("a", 10)]]);
  readonly #told = new Map<string, number>();
  readonly #answers: KubeObject[] = [];
  #version = 20;
  #events: Event[] = [];
  #check: ReturnType<typeof listOf> | "begun" | undefined;
  misses = 0;

  write(name: string, ours: boolean): void {
    const written = object(name, ++this.#version);
    this.#events.push({ type: this.server.has(name) ? "MODIFIED" : "ADDED", object: written });
    this.server.set(name, written);
    if (ours) this.#answers.push(written);
  }

  delete(name: string): void {
    if (this.server.delete(name)) this.#events.push({ type: "DELETED", object: object(name, ++this.#version) });
  }

  event(): void {
    const event = this.#events.shift();
    if (event) this.#tell(this.replica.apply(event), Number(event.object.metadata.resourceVersion));
    else this.replica.apply({ type: "BOOKMARK", resourceVersion: String(this.#version) });
    this.misses += this.replica.takeMisses(false) ?? 0;
  }

  answer(): void {
    const answer = this.#answers.shift();
    if (answer) this.#tell(this.replica.put(answer));
  }

  /** Begins a list beside the watch, has the server take its snapshot, or takes the answer, whichever is next. */
  check(): void {
    if (this.#check === undefined) {
      this.#check = "begun";
      this.replica.beginList();
    } else if (this.#check === "begun") {
      this.#check = listOf(this.#version, ...this.server.values());
    } else {
      // What an earlier check left open is another matter here.
      this.replica.takeMisses(true);
      const result = this.replica.compare(this.#check);
      if (result.kind !== "compared") throw new Error("a list beside the watch could not be compared");
      this.#tell(result.changes, Number(this.#check.resourceVersion));
      this.#check = undefined;
    }
  }

  /** The watch is gone; what it still had to say is in the list. */
  relist(): void {
    if (this.#check !== undefined) return;
    this.replica.beginList();
    this.#events = [];
    this.#tell(this.replica.replaceAll(listOf(this.#version, ...this.server.values())), this.#version);
  }

  finish(): void {
    while (this.#events.length > 0) this.event();
    this.event();
    while (this.#answers.length > 0) this.answer();
  }

  /** A state is told once, and nothing older than a deletion after it. */
  #tell(changes: { kind: string; object: KubeObject }[], deletedAt = 0): void {
    for (const { kind, object: changed } of changes) {
      const { name, resourceVersion } = changed.metadata;
      const before = this.#told.get(name) ?? 0;
      const now = kind === "deleted" ? Math.max(before, deletedAt) : Number(resourceVersion);
      if (kind !== "deleted" && now <= before) throw new Error(`${kind} ${name} ${now} was told after ${before}`);
      this.#told.set(name, now);
    }
  }
}

test("whatever overtakes whatever, the copy ends equal to the server, and nothing false is told", () => {
  const name = fc.constantFrom("a", "b", "c");
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(name, fc.boolean()).map(
        ([at, ours]) =>
          (world: World) =>
            world.write(at, ours),
      ),
    },
    { weight: 3, arbitrary: name.map((at) => (world: World) => world.delete(at)) },
    { weight: 4, arbitrary: fc.constant((world: World) => world.event()) },
    { weight: 2, arbitrary: fc.constant((world: World) => world.answer()) },
    { weight: 5, arbitrary: fc.constant((world: World) => world.check()) },
    { weight: 1, arbitrary: fc.constant((world: World) => world.relist()) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const world = new World();
      for (const run of steps) run(world);
      world.finish();
      expect(world.misses).toBe(0);
      const byKey = (objects: Iterable<KubeObject>) => new Map([...objects].map((kept) => [keyOf(kept), kept]));
      expect(byKey(world.replica.store.list())).toEqual(byKey(world.server.values()));
    }),
    { numRuns: 3_000 },
  );
});
