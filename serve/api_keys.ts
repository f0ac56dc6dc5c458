/**
 * API keys: who may ask the model.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { ApiError, errorResponse } from "./api_error.ts";
import type { Middleware, RequestContext } from "./middleware.ts";

/** Shorter keys can be guessed. */
const MIN_KEY_CHARS = 16;

/** What is kept of a key. */
export interface ApiKey {
  /** Stands for the client in the log and where clients share the server. */
  readonly name: string;
  /** Digest of the key, 32 bytes; the key itself is not kept. */
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
 * import { assertEquals } from "@std/assert";
 * import { parseApiKeys } from "./api_keys.ts";
 * const keys = parseApiKeys("# two\nlaptop 0123456789abcdef\nfedcba9876543210\n");
 * assertEquals(keys.map(({ name }) => name), ["laptop", "key-2"]);
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

/** What is asked for where. */
export interface KeyRules<C extends RequestContext = RequestContext> {
  /** Anybody may ask for these. */
  readonly openPaths: ReadonlySet<string>;
  /**
   * Here and below, pages are opened by browsers, which send no key of their own: a browser asks its
   * user for one, as a password, and from then on sends it here alone. Empty where all are pages.
   */
  readonly pages: string;
  /** Told the name of the key that a request bears. */
  readonly onClient?: (context: C, name: string) => void;
}

/**
 * Lets requests pass that bear one of `keys`, as that key's client; others get OpenAI's error for a
 * wrong key. A key comes as `Bearer` (RFC 6750) or in `x-api-key`, to pages also as the password of `Basic` (RFC 7617),
 * which is nowhere else taken: what a browser sends by itself, other sites can make it send.
 */
export function requireApiKey<C extends RequestContext>(
  keys: ApiKeys,
  { openPaths, pages, onClient }: KeyRules<C>,
): Middleware<C> {
  return async (context, next) => {
    const { path } = context.req;
    if (openPaths.has(path)) return await next();
    const isPage = path === pages || path.startsWith(`${pages}/`);
    const header = context.req.header("authorization") ?? "";
    const key = bearerOf(header) ?? context.req.header("x-api-key") ??
      (isPage ? passwordOf(header) : undefined);
    const name = key === undefined ? undefined : nameOf(key, keys);
    if (name !== undefined) {
      onClient?.(context, name);
      return await next();
    }
    return errorResponse(
      new ApiError(key === undefined ? "An API key is needed" : "The API key is not known", {
        status: 401,
        code: "invalid_api_key",
        headers: {
          "www-authenticate": isPage ? 'Basic realm="an API key, as the password"' : "Bearer",
        },
      }),
    );
  };
}

function bearerOf(header: string): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header)?.[1];
}

/** The password, whatever the name. */
function passwordOf(header: string): string | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header) ?? [];
  if (encoded === undefined) return undefined;
  return /^[^:]*:(\S+)$/.exec(Buffer.from(encoded, "base64").toString("utf8"))?.[1];
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
