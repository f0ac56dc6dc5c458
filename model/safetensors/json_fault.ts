/**
 * Finds faults that `JSON.parse` hides or suffers from: duplicate keys, of which it keeps the last, so
 * that two readers of one file could see two different tensors under one name; and deep nesting, which
 * costs it a hundred times the memory of the text.
 *
 * @module
 */

const QUOTE = 0x22, BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b, CLOSE_BRACKET = 0x5d, OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d;

/**
 * The fault of a JSON text: too deep, a duplicate key, or too many keys. Finds no other fault; the text
 * need not be valid JSON.
 *
 * @throws {SyntaxError} when a key has an invalid escape
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { findJsonFault } from "./json_fault.ts";
 * assertEquals(findJsonFault('{"a": {"b": [1]}, "b": 2}', { maxDepth: 3 }), undefined);
 * assertEquals(findJsonFault('{"a": 1, "\\u0061": 2}', { maxDepth: 3 }), 'has "a" twice');
 * ```
 */
export function findJsonFault(
  json: string,
  { maxDepth, maxKeys = Infinity }: { maxDepth: number; maxKeys?: number },
): string | undefined {
  // Keys of each open object; an open array has none.
  const open: (Set<string> | undefined)[] = [];
  let count = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      open.push(code === OPEN_BRACE ? new Set() : undefined);
      if (open.length > maxDepth) return `nests deeper than ${maxDepth}`;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      open.pop();
    } else if (code === QUOTE) {
      const begin = at;
      at = stringEnd(json, begin);
      const keys = open.at(-1);
      if (!keys || !isKey(json, at + 1)) continue;
      // Escapes spell one key in many ways, so the decoded form is compared.
      const raw = json.slice(begin + 1, at);
      const key: string = raw.includes("\\") ? JSON.parse(`"${raw}"`) : raw;
      if (keys.has(key)) return `has ${quote(key)} twice`;
      keys.add(key);
      if (++count > maxKeys) return `has more than ${maxKeys} keys`;
    }
  }
  return undefined;
}

/** A name from a file, escaped and shortened for a message. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}...` : name);
}

/** Index of the quote that closes the string opened at `begin`. */
function stringEnd(json: string, begin: number): number {
  let at = json.indexOf('"', begin + 1);
  while (at >= 0 && isEscaped(json, { at, begin })) at = json.indexOf('"', at + 1);
  return at < 0 ? json.length : at;
}

/** Whether an odd number of backslashes stands between the quotes at `begin` and `at`. */
function isEscaped(json: string, { at, begin }: { at: number; begin: number }): boolean {
  let backslashes = 0;
  while (at - 1 - backslashes > begin && json.charCodeAt(at - 1 - backslashes) === BACKSLASH) {
    backslashes++;
  }
  return backslashes % 2 === 1;
}

/** Whether the string that ended before `at` is followed by a colon. */
function isKey(json: string, at: number): boolean {
  while (at < json.length && " \t\n\r".includes(json.charAt(at))) at++;
  return json.charAt(at) === ":";
}
