/**
 * Per-page robots directives: robots meta tags and X-Robots-Tag headers, for all crawlers or for one
 * crawler by its token.
 *
 * @module
 */

/** The two directives that matter here; `none` stands for both. */
export interface Directives {
  /** No link may be followed. */
  readonly nofollow: boolean;
  /** The page itself may not be used. */
  readonly noindex: boolean;
}

/** Directives with a value after a colon, so that the name before it is not a crawler's. */
const VALUED = /^(unavailable_after|max-snippet|max-image-preview|max-video-preview)$/;

/**
 * Joins the directives that concern `agent` in the values of X-Robots-Tag headers. A value may begin
 * with the token of the only crawler it is for, as in `otherbot: noindex, nofollow`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { headerDirectives } from "./directives.ts";
 * const said = headerDirectives(["otherbot: noindex", "nofollow"], { agent: "cllm" });
 * assertEquals(said, { noindex: false, nofollow: true });
 * ```
 */
export function headerDirectives(
  values: readonly string[],
  { agent }: { agent: string },
): Directives {
  return joined(values.map((value) => {
    let concerned = true;
    const words: string[] = [];
    for (const item of value.split(",")) {
      const [name = "", ...rest] = item.split(":");
      const token = name.trim().toLowerCase();
      if (rest.length > 0 && !VALUED.test(token)) concerned = token === agent;
      if (concerned) words.push((rest.length > 0 ? rest.join(":") : name).trim());
    }
    return metaDirectives(words.join(","));
  }));
}

/** The directives in the content of a robots meta tag. */
export function metaDirectives(content: string): Directives {
  const words = new Set(content.toLowerCase().split(/[\s,]+/));
  const none = words.has("none");
  return { nofollow: none || words.has("nofollow"), noindex: none || words.has("noindex") };
}

/** The strictest combination. */
export function joined(all: readonly Directives[]): Directives {
  return {
    nofollow: all.some(({ nofollow }) => nofollow),
    noindex: all.some(({ noindex }) => noindex),
  };
}
