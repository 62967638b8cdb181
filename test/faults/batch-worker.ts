import { parentPort } from "node:worker_threads";
import { playBatch, type Batch } from "./batch.ts";

/** A thread of a search: plays the batches that it is sent, one after the other. */
parentPort?.on("message", (batch: Batch) => {
  playBatch(batch).then(
    (outcome) => parentPort?.postMessage(outcome),
    (error: unknown) => {
      // Ends the thread, which the search is told of.
      queueMicrotask(() => {
        throw error;
      });
    },
  );
});
