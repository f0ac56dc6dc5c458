/**
 * Pages out of JSON lines, one a record.
 *
 * @module
 */
import type { Page } from "../types.ts";
import { asUtf8 } from "./bytes.ts";
import { pageAt, type PageOptions, PLAIN } from "./page_options.ts";
import { encodeText } from "./sandboxed/text.ts";
import { splitLines } from "./split.ts";
import type { TextSource } from "./text_pages.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Lists and objects within one another: each takes many times the memory of its two bytes. */
const MAX_DEPTH = 512;
const QUOTE = 0x22, BACKSLASH = 0x5c;
/** `[` and `{`, and their counterparts, differ in one bit alone. */
const OPEN = 0x5b, CLOSE = 0x5d, BRACE_BIT = 0x20;

/** Whether a line has more lists and objects open at once than a record may. */
function isTooDeep(line: Uint8Array): boolean {
  let depth = 0, isInString = false;
  for (let at = 0; at < line.length; at++) {
    const byte = line[at] ?? 0;
    if (byte === QUOTE) isInString = !isInString;
    else if (isInString) at += byte === BACKSLASH ? 1 : 0;
    else if ((byte & ~BRACE_BIT) === OPEN && ++depth > MAX_DEPTH) return true;
    else if ((byte & ~BRACE_BIT) === CLOSE) depth--;
  }
  return false;
}

/** The records' texts; lines that are no records are dropped. */
export async function* jsonlPages(
  { url, content }: TextSource,
  { textField, maxFileBytes, drop, firstLine = 1 }: PageOptions & {
    /** Number of the first line, where the content begins inside of a file of UTF-8. */
    firstLine?: number | undefined;
  },
): AsyncGenerator<Page> {
  let number = firstLine - 1;
  const bytes = firstLine > 1 ? content : asUtf8(content, { isUnicode: true });
  for await (const line of splitLines(bytes, { maxLineBytes: maxFileBytes })) {
    const at = `${url}#line=${++number}`;
    if (line === undefined) {
      drop({ item: at, reason: "too-large", detail: `longer than ${maxFileBytes} bytes` });
      continue;
    }
    const text = recordText(line, textField);
    if (text === undefined) continue;
    if (text instanceof SyntaxError) {
      drop({ item: at, reason: "malformed", detail: text.message });
      continue;
    }
    yield pageAt(at, { body: encodeText(text), contentType: PLAIN });
  }
}

/** The text of one record; `undefined` for a blank line, an error for one that is no record. */
function recordText(line: Uint8Array, textField: string): string | SyntaxError | undefined {
  if (isTooDeep(line)) return new SyntaxError(`nested more than ${MAX_DEPTH} deep`);
  let record: unknown;
  try {
    const json = UTF8.decode(line).trim();
    if (json === "") return undefined;
    record = JSON.parse(json);
  } catch (error) {
    // V8 counts lines within the record.
    if (error instanceof SyntaxError) {
      return new SyntaxError(error.message.replace(/ \(line \d+ column \d+\)$/, ""));
    }
    if (error instanceof TypeError) return new SyntaxError("not valid UTF-8", { cause: error });
    throw error;
  }
  const text = typeof record === "object" && record !== null && Object.hasOwn(record, textField)
    ? Reflect.get(record, textField)
    : undefined;
  return typeof text === "string"
    ? text
    : new SyntaxError(`no text in the field "${textField}"; name another with --text-field`);
}
