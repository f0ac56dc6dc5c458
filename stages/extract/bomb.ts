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

/**
 * Elements and pieces of text in one document. Parsing and reading take about 10 µs for
 * each, so this bounds a page to some two seconds.
 */
const MAX_NODES = 200_000;

/** Names the limit that `html` breaks, or `undefined`; stops reading there. */
export function findBomb(
  html: string,
  { maxDepth, maxAttributes }: MarkupLimits,
): string | undefined {
  let found: string | undefined;
  let depth = 0;
  let attributes = 0;
  let nodes = 0;
  const countNode = () => {
    if (++nodes > MAX_NODES) stop(`there are more than ${MAX_NODES} elements and pieces of text`);
  };
  const parser = new Parser({
    onopentagname() {
      attributes = 0;
      countNode();
      if (++depth > maxDepth) stop(`elements nest deeper than ${maxDepth}`);
    },
    ontext: countNode,
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
