/**
 * Patterns with `*`, matched in time linear in the text for each literal part: no backtracking.
 *
 * @module
 */

/** Whether a pattern matches a text. */
export type Matcher = (text: string) => boolean;

/**
 * A matcher for `pattern`, in which `*` stands for any number of characters, including none.
 *
 * @param options.whole the pattern must reach the end of the text; otherwise it is a prefix of it
 */
export function wildcard(pattern: string, { whole }: { whole: boolean }): Matcher {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return (text) => whole ? text === head : text.startsWith(head);
  return (text) => {
    if (!text.startsWith(head)) return false;
    let at = head.length;
    for (const part of rest) {
      // The leftmost match leaves the most text to the later parts.
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return whole
      ? text.length - tail.length >= at && text.endsWith(tail)
      : text.indexOf(tail, at) >= 0;
  };
}
