import type { Log } from "../kube/log.ts";
import { EXIT } from "./failure.ts";

/** Waits for whatever ends this process first. */
export interface ProcessEnd {
  /** Resolves with the exit code; never rejects. */
  readonly ended: Promise<number>;
  /** Ends it from inside; the first call counts. */
  end(exitCode: number, fields: object, message: string): void;
}

/** SIGTERM and SIGINT end it with 0, the second one at once; an error that nobody caught is logged and ends it with 1. */
export function watchForEnd(log: Log): ProcessEnd {
  const { promise, resolve } = Promise.withResolvers<number>();
  let ending = false;

  function end(exitCode: number, fields: object, message: string): void {
    if (exitCode === EXIT.ok) log.info(fields, message);
    else log.error(fields, message);
    ending = true;
    resolve(exitCode);
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (ending) process.exit(EXIT.failed);
      end(EXIT.ok, { signal }, "stopping");
    });
  }
  process.on("uncaughtException", (err) =>
    end(EXIT.failed, { err }, "an error that nobody caught: stopping, since what is true is not known any more"),
  );
  process.on("unhandledRejection", (err) =>
    end(EXIT.failed, { err }, "a rejection that nobody handled: stopping, since what is true is not known any more"),
  );
  return { ended: promise, end };
}
