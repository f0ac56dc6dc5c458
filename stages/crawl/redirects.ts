/**
 * Follows redirects hop by hop, checking each hop like a first request.
 *
 * @module
 */
import { canonicalLink } from "./canonical_url.ts";
import type { Exchange } from "./exchange.ts";
import { FetchFailure } from "./failure.ts";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Whether a response of this status names another address in `Location`. */
export const isRedirect = (status: number): boolean => REDIRECTS.has(status);

/** A header's value whose bytes, each read as a character, are the UTF-8 of an address. */
function inUtf8(value: string | undefined): string | undefined {
  // deno-lint-ignore no-control-regex -- the range separates bytes from characters
  if (value === undefined || !/^[\x00-\xff]*[\x80-\xff]/.test(value)) return value;
  const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
  const text = new TextDecoder("utf-8").decode(bytes);
  return text.includes("\ufffd") ? value : text;
}

/**
 * Calls `get` for `start` and for each address it redirects to.
 *
 * @throws {FetchFailure} `too-many-redirects` past `maxRedirects`; `http-error` for a bad `Location`
 */
export async function followRedirects(
  start: string,
  { maxRedirects, get }: { maxRedirects: number; get: (url: URL) => Promise<Exchange> },
): Promise<Exchange & { readonly url: string }> {
  let url = start;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const answer = await get(new URL(url));
    if (!isRedirect(answer.status)) return { ...answer, url };
    const location = inUtf8(answer.headers.location);
    const next = location === undefined ? undefined : canonicalLink(location, url);
    if (next === undefined) {
      throw new FetchFailure("http-error", `${url} redirects to ${location ?? "nowhere"}`);
    }
    url = next;
  }
  throw new FetchFailure("too-many-redirects", `more than ${maxRedirects} redirects`);
}
