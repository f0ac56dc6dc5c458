/**
 * Reads a request's JSON, within limits.
 *
 * @module
 */
import type { Context } from "hono";
import { ApiError } from "./api_error.ts";
import { JsonLimitError, readJson } from "./json_reader.ts";
import { refuseHalfPairs } from "./openai/request_fields.ts";
import type { Steps } from "../engine/mod.ts";

/** What a request body may be. */
export interface BodyLimits {
  readonly maxBodyBytes: number;
}

/** Lists and objects within one another. No request needs as many. */
const MAX_DEPTH = 64;
/** Values that the fields of a request are read from, each of which takes its time. */
const MAX_VALUES = 10_000;
/** Fields that hold ids of tokens, as many as a model's context has. */
const ID_LISTS: ReadonlySet<string> = new Set(["prompt", "tokens", "input"]);
/** Of a body as much as is taken in at once, which holds the thread for so long. */
const PACE_BYTES = 32 << 10, PACE_MS = 1;
/** From here on a text is read in steps. */
const LONG_CHARS = 16 << 10;

/**
 * The text of the body; so much of a long one at a time, with a turn by `next` in between.
 *
 * @throws {ApiError} 415 for another type, 413 for too many bytes, 400 for what is no UTF-8
 */
export async function readJsonBody(
  context: Context,
  { maxBodyBytes, next }: BodyLimits & { readonly next: (usedMs: number) => Promise<void> },
): Promise<string> {
  const type = context.req.header("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new ApiError("The content-type must be application/json", { status: 415 });
  }
  const unpack = unpackerOf(context.req.header("content-encoding") ?? "");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0, text = "", paced = 0;
  for await (const chunk of bodyOf(context.req.raw, { unpack })) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) {
      throw new ApiError(`The request body is longer than ${maxBodyBytes} bytes`, {
        status: 413,
        // What is still on its way would be taken for the next request.
        headers: { connection: "close" },
      });
    }
    text += decode(decoder, chunk);
    for (; bytes - paced > PACE_BYTES; paced += PACE_BYTES) await next(PACE_MS);
  }
  return text + decode(decoder);
}

/**
 * What a body's text says.
 *
 * @throws {ApiError} 400 for what is no JSON, nested too deeply, or of too many values
 */
export function* jsonSteps(text: string): Steps<unknown> {
  let json: unknown;
  try {
    if (text.length < LONG_CHARS && isNestedDeeper(text, MAX_DEPTH)) {
      throw new JsonLimitError(`is nested more than ${MAX_DEPTH} deep`);
    }
    json = text.length < LONG_CHARS
      ? JSON.parse(text)
      : yield* readJson(text, { maxDepth: MAX_DEPTH, maxValues: MAX_VALUES, idLists: ID_LISTS });
  } catch (cause) {
    if (cause instanceof JsonLimitError) {
      throw new ApiError(`The request body ${cause.message}`, { status: 400, cause });
    }
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ApiError(`The request body is not JSON: ${cause.message}`, { status: 400, cause });
  }
  // Decoded text has none but where an escape makes one.
  if (/\\u[dD]/.test(text)) refuseHalfPairs(json, []);
  return json;
}

/**
 * Whether more than `depth` lists and objects are open at once, without parsing: a parser may need
 * memory or stack for each.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { isNestedDeeper } from "./json_body.ts";
 * assert(isNestedDeeper('{"a": [1, "[[["]}', 1));
 * assertFalse(isNestedDeeper('{"a": [1, "[[["]}', 2));
 * ```
 */
export function isNestedDeeper(json: string, depth: number): boolean {
  let open = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (inString) {
      if (character === "\\") i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "[" || character === "{") {
      if (++open > depth) return true;
    } else if (character === "]" || character === "}") open--;
  }
  return false;
}

/** What undoes a content coding of one layer (RFC 9110, 8.4.1); nothing where there is none. */
function unpackerOf(header: string): (() => DecompressionStream) | undefined {
  const coding = header.trim().toLowerCase();
  if (coding === "" || coding === "identity") return undefined;
  if (coding === "gzip" || coding === "x-gzip") return () => new DecompressionStream("gzip");
  if (coding === "deflate") return () => new DecompressionStream("deflate");
  throw new ApiError("The content-encoding must be gzip or deflate, or there must be none", {
    status: 415,
    headers: { "accept-encoding": "gzip, deflate" },
  });
}

/** The body's bytes; that they do not all arrive, or not as announced, is the client's fault. */
async function* bodyOf(
  { body }: Request,
  { unpack }: { unpack: (() => DecompressionStream) | undefined },
): AsyncGenerator<Uint8Array> {
  const bytes = unpack ? body?.pipeThrough(unpack()) : body;
  try {
    yield* bytes ?? [];
  } catch (cause) {
    const reason = unpack ? "is not packed as its content-encoding says" : "ended too early";
    throw new ApiError(`The request body ${reason}`, { status: 400, cause });
  }
}

/** Decodes the next bytes, or without any, the end. */
function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new ApiError("The request body is not UTF-8", { status: 400, cause });
  }
}
