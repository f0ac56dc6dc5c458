/**
 * API keys: who may ask the model.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { ApiError, errorResponse } from "./api_error.ts";
import { isRight, type KeyRights, parseRights, type Scope } from "./key_rights.ts";
import type { Middleware, RequestContext } from "./middleware.ts";
import { Quota } from "./quota.ts";

/** Shorter keys can be guessed. */
const MIN_KEY_CHARS = 16;

/** What is kept of a key. */
export interface ApiKey {
  /** Stands for the client in the log and where clients share the server. */
  readonly name: string;
  /** Digest of the key, 32 bytes; the key itself is not kept. */
  readonly sha256: Uint8Array;
  /** What it may do. */
  readonly rights: KeyRights;
}

/**
 * The keys that a server knows, and what is left to each.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseApiKeys } from "./api_keys.ts";
 * const keys = parseApiKeys("laptop 0123456789abcdef");
 * keys.replaceBy(parseApiKeys("desk fedcba9876543210"));
 * assertEquals(keys.names, ["desk"]);
 * assertEquals(keys.find("0123456789abcdef"), undefined);
 * ```
 */
export class ApiKeys {
  #keys: readonly ApiKey[];
  readonly #quotas = new Map<string, Quota>();

  /** Takes keys. @throws {RangeError} when keys of one name may do different things */
  constructor(keys: readonly ApiKey[]) {
    for (const { name, rights } of keys) {
      const first = keys.find((other) => other.name === name)?.rights;
      if (isDeepStrictEqual(rights, first)) continue;
      throw new RangeError(`the keys of ${name} must have the same rights: they are one client's`);
    }
    this.#keys = keys;
  }

  /** Names of the keys, in their order. */
  get names(): string[] {
    return this.#keys.map(({ name }) => name);
  }

  /** Takes the place of what was known; what a name has used stays used. */
  replaceBy(others: ApiKeys): void {
    this.#keys = others.#keys;
    for (const [name, quota] of this.#quotas) {
      const key = this.#keys.find((each) => each.name === name);
      if (key) quota.limit(key.rights);
      else this.#quotas.delete(name);
    }
  }

  /** The key that `text` is, compared with every one, in time that tells nothing about them. */
  find(text: string): ApiKey | undefined {
    const given = digest(text);
    let found: ApiKey | undefined;
    for (const each of this.#keys) if (timingSafeEqual(each.sha256, given)) found = each;
    return found;
  }

  /** What is left to a key. */
  quotaOf({ name, rights }: ApiKey): Quota {
    const quota = this.#quotas.get(name) ?? new Quota(rights);
    this.#quotas.set(name, quota);
    return quota;
  }
}

/**
 * Reads keys, one a line, with a name before it or alone; after name and key a line may say what the
 * key may do, see {@linkcode parseRights}. Empty lines and those that begin with `#` do not count.
 * Keys of the same name are one client's. One without a name is called `key-` and its number.
 *
 * @throws {RangeError} when there is none, or one is too short; no message repeats a key
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseApiKeys } from "./api_keys.ts";
 * const keys = parseApiKeys("laptop 0123456789abcdef scopes=models\nfedcba9876543210\n");
 * assertEquals(keys.names, ["laptop", "key-2"]);
 * assertEquals(keys.find("0123456789abcdef")?.rights.scopes, ["models"]);
 * ```
 */
export function parseApiKeys(text: string): ApiKeys {
  return new ApiKeys(readKeyLines(text));
}

/** The keys that {@linkcode parseApiKeys} reads, one by one. */
export function readKeyLines(text: string): ApiKey[] {
  const keys: ApiKey[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "" || words[0]?.startsWith("#")) continue;
    try {
      keys.push(readKey(words, { number: keys.length + 1 }));
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new RangeError(`line ${i + 1}: ${cause.message}`, { cause });
    }
  }
  if (keys.length === 0) throw new RangeError("there is no key in it");
  return keys;
}

function readKey(words: string[], { number }: { number: number }): ApiKey {
  if (words.length > 1 && isRight(words[1] ?? "")) {
    throw new RangeError("a key that has rights needs a name before it");
  }
  const [name = "", key = ""] = words.length === 1 ? [`key-${number}`, ...words] : words;
  if (!/^[\w-]{1,64}$/.test(name)) {
    throw new RangeError("a name has up to 64 letters, digits, _ and -");
  }
  if (key.length < MIN_KEY_CHARS) {
    throw new RangeError(`a key has at least ${MIN_KEY_CHARS} characters`);
  }
  return { name, sha256: digest(key), rights: parseRights(words.slice(2)) };
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
  /** The scopes of which a key needs one for a path; none for any key. */
  readonly scopesOf: (path: string) => readonly Scope[];
  /** Told the key that a request bears. */
  readonly onClient?: (context: C, key: ApiKey) => void;
}

/**
 * Lets requests pass that bear one of `keys` whose rights reach that far, as that key's client; others
 * get OpenAI's error for a wrong key, or 403. A key comes as `Bearer` (RFC 6750) or in `x-api-key`, to pages also as the password of `Basic` (RFC 7617),
 * which is nowhere else taken: what a browser sends by itself, other sites can make it send.
 */
export function requireApiKey<C extends RequestContext>(
  keys: ApiKeys,
  { openPaths, pages, scopesOf, onClient }: KeyRules<C>,
): Middleware<C> {
  return async (context, next) => {
    const { path } = context.req;
    if (openPaths.has(path)) return await next();
    const isPage = path === pages || path.startsWith(`${pages}/`);
    const header = context.req.header("authorization") ?? "";
    const key = bearerOf(header) ?? context.req.header("x-api-key") ??
      (isPage ? passwordOf(header) : undefined);
    const known = key === undefined ? undefined : keys.find(key);
    if (known !== undefined) {
      onClient?.(context, known);
      const scopes = scopesOf(path);
      if (mayDo(known.rights, scopes)) return await next();
      return errorResponse(
        new ApiError(`This API key lacks the scope ${scopes.join(" or ")}`, {
          status: 403,
          code: "missing_scope",
        }),
      );
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

function mayDo({ scopes: own }: KeyRights, scopes: readonly Scope[]): boolean {
  return own === undefined || scopes.length === 0 || scopes.some((each) => own.includes(each));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
