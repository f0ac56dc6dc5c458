/**
 * API keys: who may ask the model.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { ApiError, errorResponse } from "./api_error.ts";

/** Shorter keys can be guessed. */
const MIN_KEY_CHARS = 16;

/** What is kept of the keys: their SHA-256. */
export type ApiKeys = readonly Uint8Array[];

/**
 * Reads keys, one a line; empty lines and those that begin with `#` do not count.
 *
 * @throws {RangeError} when there is none, or one is too short; no message repeats a key
 * @example
 * ```ts
 * import { parseApiKeys } from "./api_keys.ts";
 * console.assert(parseApiKeys("# laptop\n0123456789abcdef\n").length === 1);
 * ```
 */
export function parseApiKeys(text: string): ApiKeys {
  const lines = text.split("\n").map((line) => line.trim());
  const keys = lines.flatMap((line, i) => {
    if (line === "" || line.startsWith("#")) return [];
    if (line.length < MIN_KEY_CHARS) {
      throw new RangeError(`line ${i + 1}: a key has at least ${MIN_KEY_CHARS} characters`);
    }
    return [digest(line)];
  });
  if (keys.length === 0) throw new RangeError("there is no key in it");
  return keys;
}

/** Lets requests pass that bear one of `keys`; others get OpenAI's error for a wrong key. */
export function requireApiKey(keys: ApiKeys): MiddlewareHandler {
  return async (context, next) => {
    const [, key] = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "") ?? [];
    if (key !== undefined && isKnown(keys, key)) return await next();
    return errorResponse(
      new ApiError(key === undefined ? "An API key is needed" : "The API key is not known", {
        status: 401,
        code: "invalid_api_key",
        headers: { "www-authenticate": "Bearer" },
      }),
    );
  };
}

/** Compares with every key, in time that tells nothing about them. */
function isKnown(keys: ApiKeys, key: string): boolean {
  const given = digest(key);
  let known = false;
  for (const each of keys) known = timingSafeEqual(each, given) || known;
  return known;
}

function digest(key: string): Uint8Array {
  return createHash("sha256").update(key).digest();
}
