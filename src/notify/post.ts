import { Agent, type Dispatcher } from "undici";
import type { Clock } from "../clock.ts";

export interface PostRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** What came of it. Never a rejection: a receiver that fails is ordinary. */
export type PostAnswer =
  | { kind: "answer"; status: number; retryAfterMs: number | undefined; body: string }
  | { kind: "failed"; message: string };

/** Sends one request; gives up after a time of its own, or when `signal` says so. */
export type Post = (request: PostRequest, signal: AbortSignal) => Promise<PostAnswer>;

const LONGEST_BODY = 64_000;

export interface PostOptions {
  clock: Clock;
  /** From the call to the last byte. @default 10000 */
  deadlineMs?: number;
  /** Trusted beside the well-known authorities, in PEM. */
  ca?: string;
}

/** Over HTTP. Redirects are not followed: a secret URL is meant for one receiver. */
export function createPost({ clock, deadlineMs = 10_000, ca }: PostOptions): Post {
  const dispatcher: Dispatcher = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 4_000,
    connect: { timeout: deadlineMs, ...(ca === undefined ? {} : { ca }) },
  });
  return async ({ url, headers, body }, signal) => {
    const deadline = new AbortController();
    const cancel = clock.after(deadlineMs, () => deadline.abort(new Error(`no answer within ${deadlineMs / 1000} s`)));
    try {
      const { origin, pathname, search } = new URL(url);
      const response = await dispatcher.request({
        origin,
        path: `${pathname}${search}`,
        method: "POST",
        headers: { ...headers, "user-agent": "sluice" },
        body,
        signal: AbortSignal.any([deadline.signal, signal]),
      });
      const text = await readStart(response.body);
      const retryAfterMs = readRetryAfter(response.headers["retry-after"], clock.now());
      return { kind: "answer", status: response.statusCode, retryAfterMs, body: text };
    } catch (error) {
      return { kind: "failed", message: describe(deadline.signal.aborted ? deadline.signal.reason : error) };
    } finally {
      cancel();
    }
  };
}

async function readStart(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > LONGEST_BODY) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Seconds, or an HTTP date (RFC 9110, 10.2.3). */
export function readRetryAfter(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/** The outermost message is often only "fetch failed"; the causes below it name the reason. */
function describe(error: unknown): string {
  const parts: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message !== "") parts.push(cause.message);
    // Every address of a host that was tried, when none answers.
    if (cause instanceof AggregateError) parts.push(...cause.errors.map((one) => String((one as Error).message)));
  }
  return parts.join(": ") || (error instanceof Error && "code" in error ? String(error.code) : String(error));
}
