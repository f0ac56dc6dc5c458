/**
 * Refuses markup that would make a DOM parser work without end, before one sees it.
 *
 * @module
 */
import { Parser } from "htmlparser2";

/** Limits on a document's markup. */
export interface MarkupLimits {
  /** Elements inside one another. */
  readonly maxDepth: number;
  /** Attributes of one element. */
  readonly maxAttributes: number;
}

/** Names the limit that `html` breaks, or `undefined`; stops reading there. */
export function findBomb(
  html: string,
  { maxDepth, maxAttributes }: MarkupLimits,
): string | undefined {
  let found: string | undefined;
  let depth = 0;
  let attributes = 0;
  const parser = new Parser({
    onopentagname() {
      attributes = 0;
      if (++depth > maxDepth) stop(`elements nest deeper than ${maxDepth}`);
    },
    onattribute() {
      if (++attributes > maxAttributes) {
        stop(`an element has more than ${maxAttributes} attributes`);
      }
    },
    onclosetag() {
      depth--;
    },
  });
  function stop(limit: string): void {
    found ??= limit;
    parser.pause();
  }
  parser.write(html);
  if (found === undefined) parser.end();
  return found;
}
