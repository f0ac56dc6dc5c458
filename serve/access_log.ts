/**
 * What is told of each request once it has ended: enough to bill, to find a fault and to see who
 * asks for too much; nothing of what was asked or answered, and no key.
 *
 * @module
 */
import type { Context } from "hono";
import type { ApiKey } from "./api_keys.ts";
import type { Quota } from "./quota.ts";

/** One line of the access log. */
export interface AccessRecord {
  /** When the request came, ISO 8601. */
  readonly time: string;
  /** Also in the response's `x-request-id`. */
  readonly id: string;
  /** Name of the API key; without keys, the address. */
  readonly client: string;
  /** HTTP method, such as `POST`. */
  readonly method: string;
  /** The pattern that matched, such as `/v1/models/:id`; `none` where none did. */
  readonly route: string;
  /** As sent, or 499 where the client left before there was one. */
  readonly status: number;
  /** Until the last byte of the answer was handed on. */
  readonly ms: number;
  /** Of the prompt, once for each of the answers to it. */
  readonly tokensIn: number;
  /** Generated, over all answers. */
  readonly tokensOut: number;
  /** There where a stream ended before its last event: the client left or stopped reading. */
  readonly cut?: true;
}

/** What is known of a request while it is served. */
export interface RequestNotes {
  readonly id: string;
  client: string;
  /** The API key that it bears, where keys are needed. */
  key?: ApiKey;
  /** What is left to that key. */
  quota?: Quota;
  /** Called once it has ended. */
  readonly onEnd: (() => void)[];
  tokensIn: number;
  tokensOut: number;
}

const NOTES = "notes";

/** Keeps the notes of the request that `context` is about. */
export function keepNotes(context: Context, notes: RequestNotes): void {
  context.set(NOTES, notes);
}

/** The notes that were kept. */
export function notesOf(context: Context): RequestNotes {
  return context.get(NOTES);
}

/** An id that cannot be mistaken for something else in a log. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,64}$/;

/**
 * The id that a client gave its request, where it is short and plain, or else a new one.
 *
 * @example
 * ```ts
 * import { assertEquals, assertNotEquals } from "@std/assert";
 * import { requestId } from "./access_log.ts";
 * assertEquals(requestId("job-17"), "job-17");
 * assertNotEquals(requestId("a\nb"), "a\nb");
 * ```
 */
export function requestId(given: string | undefined): string {
  return given !== undefined && REQUEST_ID.test(given) ? given : crypto.randomUUID();
}
