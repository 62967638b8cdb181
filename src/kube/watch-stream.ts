import { isRecord, statusError } from "./answer.ts";
import { ApiError } from "./errors.ts";
import type { KubeObject, WatchEvent } from "./port.ts";

/** One object is at most a few MB in etcd; a line beyond this is no watch. */
const maxLineChars = 64 * 1024 * 1024;

/**
 * Cuts bytes into lines. A character or a line may be split anywhere between two chunks.
 * @throws ApiError "Network" when the stream ends within a line: the connection broke and the half is worth nothing
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", from)) {
      const line = rest + text.slice(from, end);
      rest = "";
      from = end + 1;
      if (line.trim() !== "") yield line;
    }
    rest += text.slice(from);
    if (rest.length > maxLineChars) throw new ApiError(0, "InvalidAnswer", "the watch sent a line that does not end");
  }
  rest += decoder.decode();
  if (rest.trim() !== "") throw new ApiError(0, "Network", "the watch ended in the middle of an event");
}

/** @throws ApiError "InvalidAnswer" when the line is no watch event */
export function parseWatchLine(line: string): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw new ApiError(0, "InvalidAnswer", "the watch sent a line that is not JSON", { cause });
  }
  const object = isRecord(event) ? event.object : undefined;
  if (!isRecord(event) || !isRecord(object)) throw new ApiError(0, "InvalidAnswer", "the watch sent no event");
  if (event.type === "ERROR") {
    const { code, reason, message } = statusError(500, object, "", 0);
    return { type: "ERROR", code, reason, message };
  }
  const metadata = isRecord(object.metadata) ? object.metadata : {};
  const resourceVersion = metadata.resourceVersion;
  if (typeof resourceVersion !== "string" || resourceVersion === "") {
    throw new ApiError(0, "InvalidAnswer", "the watch sent an event without a resourceVersion");
  }
  if (event.type === "BOOKMARK") return { type: "BOOKMARK", resourceVersion };
  if (event.type === "ADDED" || event.type === "MODIFIED" || event.type === "DELETED") {
    return { type: event.type, object: object as KubeObject };
  }
  throw new ApiError(0, "InvalidAnswer", `the watch sent an event of the unknown type ${String(event.type)}`);
}
