/**
 * Reads a tokenizer.json from disk, no further than it may be one.
 *
 * @module
 */

import { JsonBounds } from "./json_bounds.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { MAX_FILE_BYTES, parseTokenizer, refuse } from "./tokenizer_json.ts";

const READ_BYTES = 2 ** 18;

/** A tokenizer and the text of its file. */
export interface TokenizerFileContents {
  /** Ready to encode and decode. */
  readonly tokenizer: Tokenizer;
  /** The file's text as it stands. */
  readonly json: string;
}

/**
 * Reads the tokenizer.json at `path`. A file that is too large is not read, and one
 * that is nested or full beyond reason only up to there.
 *
 * @throws {SyntaxError} naming `path` and what is wrong
 * @throws {Deno.errors.NotFound} when there is no such file
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readTokenizer } from "./read_tokenizer.ts";
 * const { tokenizer } = await readTokenizer("tests/fixtures/bpe/tokenizer.json");
 * assertEquals(tokenizer.vocabSize, 4096);
 * ```
 */
export async function readTokenizer(path: string): Promise<TokenizerFileContents> {
  const json = await readBounded(path);
  return { json, tokenizer: parseTokenizer(json, { source: path, isChecked: true }) };
}

async function readBounded(path: string): Promise<string> {
  using file = await Deno.open(path);
  const { size, isDirectory } = await file.stat();
  if (isDirectory) throw refuse(path, "it is a folder");
  if (size > MAX_FILE_BYTES) throw refuse(path, `it is larger than ${MAX_FILE_BYTES} bytes`);
  const bounds = new JsonBounds();
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(READ_BYTES);
  const parts: string[] = [];
  let total = 0;
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) break;
    total += count; // a file may grow while it is read
    if (total > MAX_FILE_BYTES) throw refuse(path, `it is larger than ${MAX_FILE_BYTES} bytes`);
    const bytes = buffer.subarray(0, count);
    try {
      bounds.push(bytes);
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw refuse(path, cause.message);
    }
    parts.push(decoder.decode(bytes, { stream: true }));
  }
  parts.push(decoder.decode());
  return parts.join("");
}
