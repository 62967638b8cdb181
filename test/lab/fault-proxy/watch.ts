import type { IncomingMessage, ServerResponse } from "node:http";
import { type Fault, statusOf } from "./faults.ts";

/**
 * Hands a watch's events on, line by line, under faults that may come while it is open. Once silent it stays so until the caller leaves
 * it, as with a load balancer that has forgotten the connection: the API server never skips an event and goes on.
 *
 * @param fault what the watch meets at this moment
 * @param onChange tells when that may have changed; gives what ends that
 */
export function forwardWatch(
  from: IncomingMessage,
  to: ServerResponse,
  fault: () => Fault | undefined,
  onChange: (listener: () => void) => () => void,
): void {
  let rest = Buffer.alloc(0);
  let lost = false;
  const forget = onChange(look);
  to.on("close", () => {
    forget();
    from.destroy();
  });
  from.on("error", () => to.destroy());
  from.on("end", () => {
    if (!lost) to.end();
  });
  from.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      const line = rest.subarray(0, end + 1);
      rest = rest.subarray(end + 1);
      hand(line);
    }
  });
  look();

  function hand(line: Buffer): void {
    const kind = fault()?.kind;
    if (lost || to.destroyed || to.writableEnded) return;
    if (kind !== "cut") {
      to.write(line);
      return;
    }
    to.write(line.subarray(0, line.length >> 1), () => to.destroy());
    lost = true;
  }

  function look(): void {
    const now = fault();
    if (now?.kind === "silent" || now?.kind === "hang") lost = true;
    if (now?.kind === "expired" && !to.writableEnded)
      to.end(`${JSON.stringify({ type: "ERROR", object: statusOf(410, "too old resource version") })}\n`);
    if (now?.kind === "resetBefore" || now?.kind === "resetAfter") to.destroy();
  }
}
