/**
 * API keys: who may ask the model.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { notesOf } from "./access_log.ts";
import { ApiError, errorResponse } from "./api_error.ts";

/** Shorter keys can be guessed. */
const MIN_KEY_CHARS = 16;

/** What is kept of a key. */
export interface ApiKey {
  /** Stands for the client in the log and where clients share the server. */
  readonly name: string;
  readonly sha256: Uint8Array;
}

/** The keys that a server knows. */
export type ApiKeys = readonly ApiKey[];

/**
 * Reads keys, one a line, with a name before it or alone; empty lines and those that begin with `#`
 * do not count. Keys of the same name are one client's. One without a name is called `key-` and its
 * number.
 *
 * @throws {RangeError} when there is none, or one is too short; no message repeats a key
 * @example
 * ```ts
 * import { parseApiKeys } from "./api_keys.ts";
 * const keys = parseApiKeys("# two\nlaptop 0123456789abcdef\nfedcba9876543210\n");
 * console.assert(keys.map(({ name }) => name).join() === "laptop,key-2");
 * ```
 */
export function parseApiKeys(text: string): ApiKeys {
  const keys: ApiKey[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "" || words[0]?.startsWith("#")) continue;
    const key = words.pop() ?? "";
    const [name = `key-${keys.length + 1}`, ...more] = words;
    if (more.length > 0) {
      throw new RangeError(`line ${i + 1}: it must be a key, or a name and a key`);
    }
    if (!/^[\w-]{1,64}$/.test(name)) {
      throw new RangeError(`line ${i + 1}: a name has up to 64 letters, digits, _ and -`);
    }
    if (key.length < MIN_KEY_CHARS) {
      throw new RangeError(`line ${i + 1}: a key has at least ${MIN_KEY_CHARS} characters`);
    }
    keys.push({ name, sha256: digest(key) });
  }
  if (keys.length === 0) throw new RangeError("there is no key in it");
  return keys;
}

/**
 * Lets requests pass that bear one of `keys`, as that key's client; others get OpenAI's error for a
 * wrong key. Anybody may ask for `openPaths`.
 */
export function requireApiKey(
  keys: ApiKeys,
  { openPaths }: { openPaths: ReadonlySet<string> },
): MiddlewareHandler {
  return async (context, next) => {
    if (openPaths.has(context.req.path)) return await next();
    const [, key] = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "") ?? [];
    const name = key === undefined ? undefined : nameOf(key, keys);
    if (name !== undefined) {
      notesOf(context).client = name;
      return await next();
    }
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
function nameOf(key: string, keys: ApiKeys): string | undefined {
  const given = digest(key);
  let name: string | undefined;
  for (const each of keys) if (timingSafeEqual(each.sha256, given)) name = each.name;
  return name;
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
