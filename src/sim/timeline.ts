import type { Clock } from "../clock.ts";

/** Many tasks on one timer of a clock, so that ten thousand sleeping pods cost the clock nothing. */
export interface Timeline {
  /** Calls `run` once, `delayMs` from now. Tasks of the same instant run in the order in which they were set. */
  after(delayMs: number, run: () => void): () => void;
  nowMs(): number;
  /** Cancels everything. */
  clear(): void;
}

interface Task {
  dueMs: number;
  order: number;
  run: (() => void) | undefined;
}

const earlier = (a: Task, b: Task) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

/** A binary heap of tasks on the clock's monotonic time. */
export function createTimeline(clock: Clock): Timeline {
  const heap: Task[] = [];
  let order = 0;
  let armedMs = Number.POSITIVE_INFINITY;
  let disarm = () => {};

  function push(task: Task): void {
    let index = heap.push(task) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!earlier(task, heap[parent] as Task)) break;
      heap[index] = heap[parent] as Task;
      index = parent;
    }
    heap[index] = task;
  }

  function pop(): void {
    const last = heap.pop() as Task;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let next = 2 * index + 1;
      if (next >= heap.length) break;
      if (next + 1 < heap.length && earlier(heap[next + 1] as Task, heap[next] as Task)) next++;
      if (!earlier(heap[next] as Task, last)) break;
      heap[index] = heap[next] as Task;
      index = next;
    }
    heap[index] = last;
  }

  function arm(): void {
    const first = heap[0];
    if (!first || first.dueMs >= armedMs) return;
    disarm();
    armedMs = first.dueMs;
    disarm = clock.after(Math.max(0, first.dueMs - clock.monotonic()), fire);
  }

  function fire(): void {
    armedMs = Number.POSITIVE_INFINITY;
    const nowMs = clock.monotonic();
    for (let first = heap[0]; first && first.dueMs <= nowMs; first = heap[0]) {
      pop();
      const { run } = first;
      first.run = undefined;
      run?.();
    }
    arm();
  }

  return {
    after(delayMs, run) {
      const task: Task = { dueMs: clock.monotonic() + Math.max(0, delayMs), order: order++, run };
      push(task);
      arm();
      return () => {
        task.run = undefined;
      };
    },
    nowMs: () => clock.now(),
    clear() {
      heap.length = 0;
      armedMs = Number.POSITIVE_INFINITY;
      disarm();
    },
  };
}
