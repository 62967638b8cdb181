/** A queue that is read by `for await`: what is pushed comes out in order, then the end. */
export interface Stream<T> extends AsyncIterable<T> {
  push(item: T): void;
  end(): void;
  /** Ends with an error after what was pushed before. */
  fail(error: Error): void;
}

/** @param onDone called once, when nobody reads any more */
export function createStream<T>(onDone: () => void): Stream<T> {
  const queue: T[] = [];
  let ended = false;
  let failure: Error | undefined;
  let wake = () => {};

  function stop(error?: Error): void {
    if (ended) return;
    ended = true;
    failure = error;
    wake();
  }

  return {
    push(item) {
      if (ended) return;
      queue.push(item);
      wake();
    },
    end: () => stop(),
    fail: (error) => stop(error),
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          while (queue.length > 0) {
            const batch = queue.splice(0);
            for (const item of batch) yield item;
          }
          if (failure) throw failure;
          if (ended) return;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        ended = true;
        onDone();
      }
    },
  };
}
