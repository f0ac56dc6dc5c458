/**
 * Makes untrusted text safe for a terminal: it cannot control the terminal, or hide or reorder the
 * text beside it.
 *
 * @module
 */

/** C0 but for tab and line feed, DEL, C1, bidirectional embeddings and isolates, lone surrogates. */
const STEERING = /(?![\t\n])[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\p{Cs}]/gu;
const SPACES = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;

/** `text` with control characters escaped as in JSON, such as `\u001b`; line feeds stay. */
export function printable(text: string): string {
  return text.replace(
    STEERING,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** {@linkcode printable} on one line. */
export function printableLine(text: string): string {
  return printable(text.replace(SPACES, " ")).trim();
}
