/**
 * Paragraphs out of text that was wrapped for mail as `format=flowed` (RFC 3676).
 *
 * @module
 */

/** One line: its depth of quotation, and what is left without quote marks and stuffing. */
function lineOf(raw: string): { depth: number; text: string } {
  const depth = /^>*/.exec(raw)?.[0].length ?? 0;
  const text = raw.slice(depth);
  // Section 4.4: one space may be stuffed in front.
  return { depth, text: text.startsWith(" ") ? text.slice(1) : text };
}

/**
 * The same text with a line a paragraph. A line flows on where it ends with a space and the next is
 * quoted as deep (section 4.5); the separator of a signature never does (4.3).
 *
 * @param isSpaceDeleted whether the space at which a line was broken is none of the text (`DelSp`)
 */
export function unflow(text: string, isSpaceDeleted: boolean): string {
  const paragraphs: { depth: number; pieces: string[] }[] = [];
  let isOpen = false;
  for (const raw of text.split(/\r?\n/)) {
    const { depth, text: line } = lineOf(raw);
    const isSeparator = line === "-- ";
    const flows = line.endsWith(" ") && !isSeparator;
    const last = paragraphs.at(-1);
    const piece = flows && isSpaceDeleted ? line.slice(0, -1) : line;
    if (isOpen && !isSeparator && last?.depth === depth) last.pieces.push(piece);
    else paragraphs.push({ depth, pieces: [piece] });
    isOpen = flows;
  }
  return paragraphs.map(({ depth, pieces }) => {
    const joined = pieces.join("");
    return depth === 0 ? joined : `${">".repeat(depth)} ${joined}`.trimEnd();
  }).join("\n");
}
